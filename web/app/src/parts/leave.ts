import { type NavigateOptions, useNavigate } from "react-router";

export type Leave = (to: string, options?: NavigateOptions) => Promise<never>;

/**
 * Returns how a page leaves for another once all is done.
 *
 * That never ends: a form that waits for it stays busy until the other page is there, however slow
 * the line, and cannot be sent a second time.
 */
export function useLeave(): Leave {
  const navigate = useNavigate();
  return (to, options) => {
    void navigate(to, options);
    return new Promise<never>(() => undefined);
  };
}
