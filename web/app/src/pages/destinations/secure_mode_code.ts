/** The code that a person's own server needs for Ramen's secure mode. */

import type { Language } from "../../parts/highlight";

export interface ServerCode {
  name: string;
  language: Language;
  code: string;
}

/** Returns the code by language, filled in with the organization. */
export function serverCode(organizationId: string): ServerCode[] {
  const organization = organizationId || "your organization";
  return [
    {
      name: "Python",
      language: "python",
      code: `# Organization in Ramen: ${organization}
import hashlib
import os
import time

def ramen_options(user):
    """What goes into integrations.Ramen; good for 15 minutes."""
    timestamp = int(time.time())
    email = user.email or ""
    name = user.name or email
    secret = os.environ["RAMEN_SECRET"]
    signed = f"{email}:{user.id}:{name}:{timestamp}:{secret}"
    return {
        "timestamp": timestamp,
        "auth_hash": hashlib.sha256(signed.encode()).hexdigest(),
    }
`,
    },
    {
      name: "Node",
      language: "javascript",
      code: `// Organization in Ramen: ${organization}
import { createHash } from "node:crypto";

// What goes into integrations.Ramen; good for 15 minutes.
export function ramenOptions(user) {
  const timestamp = Math.floor(Date.now() / 1000);
  const email = user.email || "";
  const name = user.name || email;
  const secret = process.env.RAMEN_SECRET;
  const signed = [email, user.id, name, timestamp, secret].join(":");
  return {
    timestamp,
    auth_hash: createHash("sha256").update(signed).digest("hex"),
  };
}
`,
    },
    {
      name: "Ruby",
      language: "python",
      code: `# Organization in Ramen: ${organization}
require "digest"

# What goes into integrations.Ramen; good for 15 minutes.
def ramen_options(user)
  timestamp = Time.now.to_i
  email = user.email.to_s
  name = user.name.to_s.empty? ? email : user.name
  secret = ENV.fetch("RAMEN_SECRET")
  signed = [email, user.id, name, timestamp, secret].join(":")
  { timestamp: timestamp, auth_hash: Digest::SHA256.hexdigest(signed) }
end
`,
    },
    {
      name: "PHP",
      language: "javascript",
      code: `<?php
// Organization in Ramen: ${organization}

// What goes into integrations.Ramen; good for 15 minutes.
function ramen_options($user) {
    $timestamp = time();
    $email = (string) $user->email;
    $name = (string) $user->name !== "" ? $user->name : $email;
    $secret = getenv("RAMEN_SECRET");
    $signed = implode(":", [$email, $user->id, $name, $timestamp, $secret]);
    return ["timestamp" => $timestamp, "auth_hash" => hash("sha256", $signed)];
}
`,
    },
  ];
}

export const PAGE_CODE = `analytics.identify(
  user.id,
  { email: user.email, name: user.name },
  { integrations: { Ramen: ramenOptions } }
);
`;
