/** Chooses a part of a real event, or takes any path that is typed. */

import { Combobox, TextInput, useCombobox } from "@mantine/core";
import { useMemo } from "react";
import { foundPaths } from "./paths";
import { usePaths } from "./surroundings";
import classes from "./value.module.css";

interface Props {
  value: string;
  onChange: (path: string) => void;
  label: string;
  isReadOnly: boolean;
}

const SHOWN_MAX = 100;

export function PathInput({ value, onChange, label, isReadOnly }: Props) {
  const { paths } = usePaths();
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption() });
  const isKnown = paths.some(({ path }) => path === value);
  // Who opens it on a path that is there wants to see what else there is.
  const shown = useMemo(
    () => foundPaths(paths, isKnown ? "" : value).slice(0, SHOWN_MAX),
    [paths, value, isKnown],
  );
  return (
    <Combobox
      store={box}
      onOptionSubmit={(path) => {
        onChange(path);
        box.closeDropdown();
      }}
      width="target"
      position="bottom-start"
    >
      <Combobox.Target>
        <TextInput
          aria-label={label}
          placeholder="$.properties.total"
          classNames={{ input: classes.mono ?? "" }}
          value={value}
          disabled={isReadOnly}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          onChange={(event) => {
            onChange(event.currentTarget.value);
            box.openDropdown();
            box.updateSelectedOptionIndex();
          }}
          onClick={() => box.openDropdown()}
          onFocus={() => box.openDropdown()}
          onBlur={() => box.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown className={classes.paths ?? ""} hidden={shown.length === 0}>
        <Combobox.Options aria-label="Parts of the event" className={classes.pathList ?? ""}>
          {shown.map(({ path, name, depth, sample }) => (
            <Combobox.Option
              key={path}
              value={path}
              active={path === value}
              aria-label={path}
              className={classes.option}
              style={{ paddingInlineStart: 10 + (isKnown || !value ? depth * 14 : 0) }}
            >
              <span className={classes.optionName}>{isKnown || !value ? name : path}</span>
              <span className={classes.optionSample}>{sample}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
