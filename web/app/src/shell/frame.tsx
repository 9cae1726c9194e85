/** The navigation at the side, the bar on top, and the page between. */

import { AppShell, Burger, Group, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Link, Outlet, useLocation } from "react-router";
import { AccountMenu } from "./account_menu";
import { ColorSchemeSwitch } from "./color_scheme";
import classes from "./frame.module.css";
import { Navigation } from "./navigation";
import { Palette } from "./palette";

const KEY = navigator.platform.startsWith("Mac") ? "⌘ K" : "Ctrl K";

export function Frame() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what this is about.
  useEffect(() => {
    close();
    // Who uses a screen reader is told the new page; who uses the keyboard starts at its top.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    window.scrollTo(0, 0);
  }, [pathname]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 236, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      classNames={{ header: classes.header, navbar: classes.navbar, main: classes.main }}
    >
      <a className={classes.skip} href="#main">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger
            opened={isOpen}
            onClick={toggle}
            hiddenFrom="sm"
            size="sm"
            aria-label={isOpen ? "Close the navigation" : "Open the navigation"}
            aria-expanded={isOpen}
            aria-controls="navigation"
          />
          <Link to="/" className={classes.brand} aria-label="Crossdock, home page">
            <Mark />
            <Text span fw={700} fz={16} visibleFrom="xs">
              Crossdock
            </Text>
          </Link>
          <UnstyledButton className={classes.search} onClick={spotlight.open}>
            <IconSearch size={16} aria-hidden />
            <span className={classes.searchLabel}>Search</span>
            <kbd className={classes.key}>{KEY}</kbd>
          </UnstyledButton>
          <Group gap={4} ml="auto" wrap="nowrap">
            <ColorSchemeSwitch />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar id="navigation" aria-label="Main">
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1}>
        <div className={classes.page}>
          <Outlet />
        </div>
      </AppShell.Main>
      <Palette />
      <VisuallyHidden aria-live="polite" id="announcements" />
    </AppShell>
  );
}

/** Two lanes that cross. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden>
      <rect width="32" height="32" rx="8" fill="#1d676b" />
      <g fill="none" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round">
        <path d="M6 11h7l6 10h7" stroke="#fff" />
        <path d="M6 21h7l1.8-3M19 11h7M17.2 14l1.8-3" stroke="#f3b562" />
      </g>
    </svg>
  );
}
