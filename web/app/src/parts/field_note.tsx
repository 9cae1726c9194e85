import { Input } from "@mantine/core";
import { type FormEvent, type ReactNode, useId, useRef, useState } from "react";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/**
 * Says below a field what is missing, when a form is sent that is not complete: the browser's own
 * rules, without its bubble, which is in another language than the app and gone after a moment.
 */
function FieldNote({ children }: { children: ReactNode }) {
  const [message, setMessage] = useState("");
  const unmark = useRef<() => void>(undefined);
  const id = useId();

  const show = (event: FormEvent) => {
    event.preventDefault();
    const field = event.target as Field;
    unmark.current?.();
    const before = field.getAttribute("aria-describedby");
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", before ? `${before} ${id}` : id);
    unmark.current = () => {
      field.removeAttribute("aria-invalid");
      if (before) field.setAttribute("aria-describedby", before);
      else field.removeAttribute("aria-describedby");
    };
    setMessage(messageFor(field));
    if (field.form?.querySelector(":invalid:not(fieldset)") === field) field.focus();
  };
  const clear = () => {
    unmark.current?.();
    unmark.current = undefined;
    setMessage("");
  };
  return (
    <div onInvalidCapture={show} onInputCapture={clear} style={{ display: "contents" }}>
      {children}
      {message && (
        <Input.Error id={id} mt={5}>
          {message}
        </Input.Error>
      )}
    </div>
  );
}

/** For the theme: every input of a form is in one. */
export const withFieldNote = (children: ReactNode) => <FieldNote>{children}</FieldNote>;

/** Returns what is wrong with a field, as the app would say it. */
export function messageFor(
  field: Pick<Field, "labels" | "validity" | "validationMessage" | "type">,
) {
  const label = field.labels?.[0]?.textContent?.replace(/\s*\*$/, "").trim() || "This field";
  if (field.validity.valueMissing) return `${label} is required.`;
  if (field.validity.typeMismatch && field.type === "email")
    return "Enter an email address, such as ann@example.com.";
  return field.validationMessage;
}
