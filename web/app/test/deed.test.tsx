// @vitest-environment happy-dom

import { MantineProvider } from "@mantine/core";
import { useForm } from "@mantine/form";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import { errorOf, explainDeed, Unreachable } from "../src/api/errors";
import { ConfirmButton } from "../src/parts/confirm_button";
import { useDeed } from "../src/parts/deed";
import { useInOrder } from "../src/parts/in_order";
import { FreshView } from "../src/parts/query_view";
import { useSave } from "../src/parts/save";
import { useUnsavedGuard } from "../src/parts/unsaved_guard";

afterEach(cleanup);

/** A promise, and what ends it. */
function pending<T = void>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (problem: unknown) => void = () => undefined;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

const show = (children: ReactNode, client = new QueryClient()) =>
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </MantineProvider>,
  );

function Doing({ work }: { work: () => Promise<unknown> }) {
  const deed = useDeed();
  return (
    <button type="button" onClick={() => void deed.run(work)}>
      {deed.isBusy ? "Busy" : deed.error ? "Failed" : "Do it"}
    </button>
  );
}

test("what is under way is not begun a second time, however quickly it is pressed", async () => {
  const first = pending();
  const work = vi.fn(() => first.promise);
  show(<Doing work={work} />);
  const button = screen.getByRole("button");

  // Within one batch: the page is not drawn between the two.
  act(() => {
    button.click();
    button.click();
  });
  fireEvent.click(button);

  expect(work).toHaveBeenCalledOnce();
  await act(async () => first.resolve());
  fireEvent.click(button);
  expect(work).toHaveBeenCalledTimes(2);
});

test("what failed can be tried again", async () => {
  const work = vi.fn().mockRejectedValueOnce(new Unreachable()).mockResolvedValue(undefined);
  show(<Doing work={work} />);

  fireEvent.click(screen.getByRole("button"));
  fireEvent.click(await screen.findByRole("button", { name: "Failed" }));

  expect(await screen.findByRole("button", { name: "Do it" })).toBeTruthy();
  expect(work).toHaveBeenCalledTimes(2);
});

test("a server that is gone is told with what to press, before and after it is back", () => {
  expect(explainDeed(new Unreachable(), false, "Save").todo).toBe(
    "Nothing that you typed is lost. When the server is back, press “Save” again.",
  );
  expect(explainDeed(new Unreachable(), true, "Save").todo).toContain("press “Save” again");
  const refused = errorOf(400, { errors: [{ type: "x", message: "It is taken." }] });
  expect(explainDeed(refused, true, "Save").what).toBe("It is taken.");
});

test("a dialog that fades away takes no second yes", async () => {
  const onConfirm = vi.fn().mockResolvedValue(undefined);
  show(
    <ConfirmButton label="Compute" title="Compute it?" onConfirm={onConfirm}>
      Everybody is looked at.
    </ConfirmButton>,
  );
  fireEvent.click(screen.getByRole("button", { name: "Compute" }));
  const dialog = await screen.findByRole("dialog");
  const yes = dialog.querySelectorAll("button")[dialog.querySelectorAll("button").length - 1];

  await act(async () => yes?.click());
  await act(async () => yes?.click());

  expect(onConfirm).toHaveBeenCalledOnce();
});

test("a form that was sent is empty again after a reset, and not what was sent", async () => {
  function Invite() {
    const form = useForm({ initialValues: { name: "" } });
    const save = useSave(form);
    const submit = async () => {
      if (await save.run(() => Promise.resolve())) form.reset();
    };
    return (
      <form onSubmit={form.onSubmit(() => void submit())}>
        <input aria-label="Name" {...form.getInputProps("name")} />
        <button type="submit">Send</button>
      </form>
    );
  }
  show(<Invite />);
  const field = screen.getByLabelText("Name") as HTMLInputElement;
  fireEvent.change(field, { target: { value: "Ann" } });

  fireEvent.click(screen.getByRole("button", { name: "Send" }));

  await waitFor(() => expect(field.value).toBe(""));
});

test("presses of a switch are sent one after the other, and the last one holds", async () => {
  const requests: { wish: boolean; answer: ReturnType<typeof pending<void>> }[] = [];
  const shown: boolean[] = [];
  function Switch() {
    const wish = useInOrder<boolean>({
      queryKeys: [["thing"]],
      send: (is) => {
        const answer = pending();
        requests.push({ wish: is, answer });
        return answer.promise;
      },
      show: (is) => {
        shown.push(is);
        return () => shown.push(!is);
      },
    });
    return (
      <>
        <button type="button" onClick={() => wish(true)}>
          On
        </button>
        <button type="button" onClick={() => wish(false)}>
          Off
        </button>
      </>
    );
  }
  show(<Switch />);

  fireEvent.click(screen.getByRole("button", { name: "On" }));
  fireEvent.click(screen.getByRole("button", { name: "Off" }));

  await waitFor(() => expect(requests.map((one) => one.wish)).toEqual([true]));
  expect(shown[0]).toBe(true);
  requests[0]?.answer.resolve();
  await waitFor(() => expect(requests.map((one) => one.wish)).toEqual([true, false]));
  requests[1]?.answer.reject(errorOf(500, null));
  await waitFor(() => expect(shown.at(-1)).toBe(true));
});

test("a form is filled with what is so now, and stays when that is asked again", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: 0 } } });
  client.setQueryData(["choices"], "old");
  let answer = pending<string>();
  function Filled({ start }: { start: string }) {
    const [text, setText] = useState(start);
    return <input aria-label="Field" value={text} onChange={(e) => setText(e.target.value)} />;
  }
  function Page() {
    const query = useQuery({ queryKey: ["choices"], queryFn: () => answer.promise });
    return <FreshView query={query}>{(found) => <Filled start={found} />}</FreshView>;
  }
  show(<Page />, client);

  expect(screen.queryByLabelText("Field")).toBeNull();
  await act(async () => answer.resolve("new"));
  const field = (await screen.findByLabelText("Field")) as HTMLInputElement;
  expect(field.value).toBe("new");
  fireEvent.change(field, { target: { value: "typed" } });
  answer = pending<string>();
  act(() => void client.invalidateQueries());
  expect((screen.getByLabelText("Field") as HTMLInputElement).value).toBe("typed");
  await act(async () => answer.resolve("newer"));

  expect((screen.getByLabelText("Field") as HTMLInputElement).value).toBe("typed");
});

test("a form stays busy until the page that shows what was made is there", async () => {
  const create = vi.fn().mockResolvedValue(undefined);
  const page = pending<{ Component: () => ReactNode }>();
  function Form() {
    const deed = useDeed();
    const leave = useUnsavedGuard(true);
    return (
      <button
        type="button"
        disabled={deed.isBusy}
        onClick={() =>
          void deed.run(async () => {
            await create();
            await leave("/made");
          })
        }
      >
        Create
      </button>
    );
  }
  const router = createMemoryRouter([
    { path: "/", Component: Form },
    { path: "/made", lazy: () => page.promise },
  ]);
  show(<RouterProvider router={router} />);
  const button = screen.getByRole("button", { name: "Create" }) as HTMLButtonElement;

  await act(async () => button.click());
  await act(async () => button.click());

  expect(button.disabled).toBe(true);
  expect(create).toHaveBeenCalledOnce();
  await act(async () => page.resolve({ Component: () => <p>It was made.</p> }));
  expect(await screen.findByText("It was made.")).toBeTruthy();
});
