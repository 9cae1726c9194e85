import { Button, Select, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import classes from "./events.module.css";
import { eventsLink, traceLink, type Wanted } from "./link";

const KINDS = [
  { value: "messageId", label: "Message ID" },
  { value: "userId", label: "User" },
  { value: "eventName", label: "Event name" },
];
const HINTS: Record<string, string> = {
  messageId: "ajs-next-1733…",
  userId: "A user id or anonymous id",
  eventName: "Order Completed",
};

interface Props {
  wanted?: Wanted;
  messageId?: string;
  hasFocus?: boolean;
}

/** Looks for an event by its id, by whose it is, or by its name. */
export function SearchBox({ wanted = {}, messageId = "", hasFocus }: Props) {
  const navigate = useNavigate();
  const start = wanted.userId ? "userId" : wanted.eventName ? "eventName" : "messageId";
  const [kind, setKind] = useState(start);
  const [text, setText] = useState(
    messageId || (start === "messageId" ? "" : (wanted[start as keyof Wanted] ?? "")),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const value = text.trim();
    if (!value) return;
    if (kind === "messageId") {
      navigate(traceLink(value));
      return;
    }
    navigate(
      eventsLink({ ...wanted, userId: null, eventName: null, step: "received", [kind]: value }),
    );
  };
  return (
    <form onSubmit={submit} className={classes.search}>
      <Select
        label="Look for"
        data={KINDS}
        value={kind}
        onChange={(value) => setKind(value ?? "messageId")}
        allowDeselect={false}
      />
      <TextInput
        type="search"
        label={KINDS.find(({ value }) => value === kind)?.label}
        placeholder={HINTS[kind]}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        spellCheck={false}
        autoComplete="off"
        {...(hasFocus ? { autoFocus: true } : {})}
      />
      <Button type="submit" disabled={text.trim() === ""}>
        Find
      </Button>
    </form>
  );
}
