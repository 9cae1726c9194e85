/** The look: petrol for what can be done, amber for what wants to be seen, and calm grey between. */

import {
  ActionIcon,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  InputWrapper,
  type MantineColorsTuple,
  Modal,
  Notification,
  NumberInput,
  Paper,
  PasswordInput,
  Select,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { withFieldNote } from "./parts/field_note";

const petrol: MantineColorsTuple = [
  "#eaf5f5",
  "#d6e8e8",
  "#abd0d1",
  "#7db7b9",
  "#57a2a5",
  "#3f9498",
  "#2f7f83",
  "#1d676b",
  "#18565a",
  "#0f4447",
];

const amber: MantineColorsTuple = [
  "#fff6e6",
  "#fbeacb",
  "#f7d397",
  "#f3bb60",
  "#f0a733",
  "#c9831a",
  "#a56a10",
  "#83530a",
  "#684207",
  "#4e3104",
];

const gray: MantineColorsTuple = [
  "#f6f8f8",
  "#edf1f1",
  "#e0e6e6",
  "#d0d8d9",
  "#b4c0c1",
  "#8b999b",
  "#5b6a6d",
  "#445254",
  "#2e3a3c",
  "#1b2527",
];

const dark: MantineColorsTuple = [
  "#dbe2e2",
  "#bcc7c8",
  "#98a6a8",
  "#6c7b7e",
  "#3a484b",
  "#2b373a",
  "#212c2f",
  "#171f22",
  "#111819",
  "#0b1011",
];

const SMALL = { defaultProps: { size: "sm" } };

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 7 },
  colors: { petrol, amber, gray, dark },
  black: "#1b2527",
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "12px", xl: "20px" },
  cursorType: "pointer",
  focusRing: "auto",
  fontFamily:
    'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Helvetica, Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "12px", sm: "14px", md: "15px", lg: "17px", xl: "20px" },
  lineHeights: { xs: "1.4", sm: "1.5", md: "1.55", lg: "1.6", xl: "1.65" },
  headings: {
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "24px", lineHeight: "1.25" },
      h2: { fontSize: "18px", lineHeight: "1.35" },
      h3: { fontSize: "15px", lineHeight: "1.4" },
    },
  },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Badge: Badge.extend({
      defaultProps: { variant: "default", radius: "sm", tt: "none", fw: 500 },
    }),
    Button: Button.extend(SMALL),
    Drawer: Drawer.extend({
      defaultProps: {
        closeButtonProps: { "aria-label": "Close" },
        // As with the dialog below.
        // @ts-expect-error: the type of default properties leaves out what Mantine 8 takes here.
        attributes: { header: { role: "presentation" } },
      },
    }),
    InputWrapper: InputWrapper.extend({ defaultProps: { inputContainer: withFieldNote } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        radius: "lg",
        closeButtonProps: { "aria-label": "Close" },
        // Its head is a header element, and the page's is the only one to be called so.
        // @ts-expect-error: the type of default properties leaves out what Mantine 8 takes here.
        attributes: { header: { role: "presentation" } },
      },
    }),
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { "aria-label": "Close" } },
    }),
    NumberInput: NumberInput.extend(SMALL),
    Paper: Paper.extend({ defaultProps: { withBorder: true, radius: "lg" } }),
    PasswordInput: PasswordInput.extend(SMALL),
    Select: Select.extend(SMALL),
    TextInput: TextInput.extend(SMALL),
    Textarea: Textarea.extend(SMALL),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 300 } }),
  },
});

/**
 * What Mantine's own variables leave below the contrast of 4.5:1 that WCAG AA asks for, and the
 * colours of states, which are the same everywhere.
 */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-placeholder": gray[6],
    "--mantine-color-error": "#b42318",
    "--mantine-color-anchor": petrol[7],
    "--mantine-color-petrol-light-color": petrol[8],
    "--mantine-color-gray-light-color": gray[8],
    "--mantine-color-red-light-color": "#9b1c12",
    "--mantine-color-red-outline": "#b42318",
    "--app-ground": gray[0],
    "--app-line": gray[2],
    "--app-hover": gray[1],
    "--app-good": "#1d7f4e",
    "--app-busy": "#2463a8",
    "--app-warn": "#a56a10",
    "--app-bad": "#c0291d",
    "--app-idle": gray[5],
    "--app-string": "#1d6f45",
    "--app-number": "#8a4b00",
    "--app-word": "#7a3590",
  },
  dark: {
    "--mantine-color-body": dark[7],
    "--mantine-color-placeholder": dark[2],
    "--mantine-color-error": "#ff8f85",
    "--mantine-color-anchor": petrol[3],
    "--mantine-color-petrol-light-color": petrol[2],
    "--mantine-color-gray-light-color": dark[0],
    "--app-ground": dark[8],
    "--app-line": dark[5],
    "--app-hover": dark[6],
    "--app-good": "#52c98b",
    "--app-busy": "#74b0ee",
    "--app-warn": "#f0a733",
    "--app-bad": "#ff7d71",
    "--app-idle": dark[3],
    "--app-string": "#85d3a6",
    "--app-number": "#f0b96b",
    "--app-word": "#d7a1e8",
  },
});
