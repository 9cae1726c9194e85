/** Everything: the sign-in page for who is not signed in, and the app for who is. */

import { Center, Loader } from "@mantine/core";
import { createBrowserRouter, type RouteObject, RouterProvider } from "react-router";
import { session } from "../api/session";
import { useSignal } from "../api/signal";
import { areas } from "../areas";
import { Banners } from "./banners";
import { Broken } from "./broken";
import { Frame } from "./frame";
import { NotFound } from "./not_found";
import { SetPasswordPage } from "./set_password";
import { ExpiredSession, SignInPage } from "./sign_in";

const routes: RouteObject[] = [
  { path: "/set-password", Component: SetPasswordPage, ErrorBoundary: Broken },
  {
    Component: SignedIn,
    ErrorBoundary: Broken,
    HydrateFallback: Waiting,
    children: [
      {
        // Within the frame, so that a page that breaks leaves the navigation standing.
        ErrorBoundary: Broken,
        children: [...areas.flatMap((area) => area.routes), { path: "*", Component: NotFound }],
      },
    ],
  },
];

const router = createBrowserRouter(routes);

function SignedIn() {
  const found = useSignal(session);
  if (found === undefined) return <Waiting />;
  if (found === null) return <SignInPage />;
  return (
    <>
      <Frame />
      <ExpiredSession />
    </>
  );
}

function Waiting() {
  return (
    <Center h="100dvh">
      <Loader aria-label="Loading" />
    </Center>
  );
}

export function App() {
  return (
    <>
      <Banners />
      <RouterProvider router={router} />
    </>
  );
}
