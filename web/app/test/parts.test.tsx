// @vitest-environment happy-dom

import { MantineProvider } from "@mantine/core";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import { errorOf, Unreachable } from "../src/api/errors";
import { reach } from "../src/api/reach";
import { ConfirmButton } from "../src/parts/confirm_button";
import { DataTable } from "../src/parts/data_table";
import { ErrorState } from "../src/parts/error_state";
import { JsonView } from "../src/parts/json_view";
import { SettingField } from "../src/parts/setting_field";
import { Sparkline } from "../src/parts/sparkline";

const show = (children: ReactNode) =>
  render(
    <MantineProvider env="test">
      <MemoryRouter>{children}</MemoryRouter>
    </MantineProvider>,
  );

afterEach(cleanup);

const option = {
  name: "apiKey",
  label: "API key",
  type: "string",
  required: true,
  description: "From your account.",
  defaultValue: null,
  isSecret: true,
  format: null,
  choices: [],
};

test("a secret that is set is not shown, and can be replaced", () => {
  show(<SettingField option={option} value={undefined} onChange={() => undefined} isSecretSet />);

  expect(screen.queryByLabelText(/API key/)).toBeNull();
  expect(screen.getByText(/not shown again/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Replace" }));
  expect(screen.getByLabelText(/API key/).getAttribute("type")).toBe("password");
});

test("a setting shows its default, and tells what was typed", () => {
  const onChange = vi.fn();
  const text = { ...option, isSecret: false, defaultValue: "https://one.example" };
  show(<SettingField option={text} value={undefined} onChange={onChange} error="It is wrong." />);

  const field = screen.getByLabelText(/API key/) as HTMLInputElement;
  expect(field.value).toBe("https://one.example");
  expect(screen.getByText("It is wrong.")).toBeTruthy();
  fireEvent.change(field, { target: { value: "https://other.example" } });
  expect(onChange).toHaveBeenCalledWith("https://other.example");
});

test("an error says what happened and what to do, and can be tried again", () => {
  const onRetry = vi.fn();
  const error = errorOf(400, {
    errors: [{ type: "x", message: "A. B.", data: { what: "It is so.", do: "Do this." } }],
  });
  show(<ErrorState error={error} onRetry={onRetry} />);

  expect(screen.getByRole("alert").textContent).toContain("It is so.");
  expect(screen.getByRole("alert").textContent).toContain("Do this.");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(onRetry).toHaveBeenCalledOnce();
});

test("a server that is gone is no bug of the page", () => {
  reach.set(false);
  const { unmount } = show(<ErrorState error={new Unreachable()} onRetry={() => undefined} />);
  expect(screen.getByRole("alert").textContent).toContain("goes on by itself");
  unmount();

  show(<ErrorState error={new Unreachable()} />);
  act(() => reach.set(true));

  expect(screen.getByRole("alert").textContent).toContain("try it again");
  expect(screen.getByRole("alert").textContent).not.toContain("bug");
});

test("what destroys is asked about, and an error leaves the question open", async () => {
  const onConfirm = vi.fn().mockRejectedValue(errorOf(500, null));
  show(
    <ConfirmButton
      label="Delete"
      title="Delete the source Shop?"
      typed="shop"
      onConfirm={onConfirm}
    >
      Its write key stops to work.
    </ConfirmButton>,
  );

  fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  const field = await screen.findByLabelText(/To go on/);
  const confirm = screen.getAllByRole("button", { name: "Delete" }).at(-1) as HTMLButtonElement;
  expect(confirm.disabled).toBe(true);
  fireEvent.change(field, { target: { value: "shop" } });
  expect(confirm.disabled).toBe(false);
  fireEvent.click(confirm);

  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(screen.getByText("Its write key stops to work.")).toBeTruthy();
});

test("a table of ten thousand rows has only those in view, and says how many there are and how they stand", () => {
  const rows = Array.from({ length: 10_000 }, (_, number) => ({ id: `row ${number}`, number }));
  show(
    <DataTable
      label="Rows"
      columns={[
        { key: "id", label: "Name", render: (row) => row.id, sortBy: (row) => row.id },
        {
          key: "number",
          label: "Number",
          render: (row) => row.number,
          sortBy: (row) => row.number,
        },
      ]}
      rows={rows}
      rowKey={(row) => row.id}
      onOpen={() => undefined}
    />,
  );

  const table = screen.getByRole("table", { name: "Rows" });
  expect(table.getAttribute("aria-rowcount")).toBe("10001");
  expect(screen.getAllByRole("row").length).toBeLessThan(60);
  fireEvent.click(screen.getByRole("button", { name: "Number" }));
  fireEvent.click(screen.getByRole("button", { name: "Number" }));
  expect(screen.getByRole("columnheader", { name: "Number" }).getAttribute("aria-sort")).toBe(
    "descending",
  );
});

test("JSON is shown with what kind each value is, and folds", () => {
  const { container } = show(<JsonView value={{ a: { b: { c: "x" } }, n: [1, null] }} open={1} />);

  expect(container.querySelectorAll("details[open]").length).toBe(1);
  expect(container.textContent).toContain('"x"');
  expect(container.textContent).toContain("2 items");
});

test("a sparkline tells its sum to who cannot see it", () => {
  show(<Sparkline values={[1, 2, 3]} label="Events" />);

  expect(screen.getByRole("img", { name: "Events: 6" })).toBeTruthy();
});
