/** One setting of a program, as `--print-configuration` prints it and `docs/configuration.md` shows it. */
export interface Setting {
  /** Environment variable; null where there is only a flag. */
  variable: string | null;
  /** Flag with its argument, as one writes it; null where there is only a variable. */
  flag: string | null;
  /** As one would write it; null where there is none. */
  default: string | null;
  description: string;
  /** Must not show in logs, process lists or files that others can read. */
  secret: boolean;
}

/** What is read of a command-line option; commander's `Option` fits. */
export interface CommandOption {
  readonly flags: string;
  readonly description: string;
  readonly defaultValue?: unknown;
  readonly defaultValueDescription?: string | undefined;
  readonly envVar?: string | undefined;
  attributeName(): string;
}

/**
 * The settings of a program that is configured by its command line.
 *
 * @param variables environment variables by option, where the options do not name them themselves.
 */
export function settingsOf(
  options: readonly CommandOption[],
  variables: Readonly<Record<string, string>> = {},
): Setting[] {
  return options.map((option) => ({
    variable: option.envVar ?? variables[option.attributeName()] ?? null,
    flag: option.flags,
    default: defaultOf(option),
    description: option.description,
    secret: false,
  }));
}

function defaultOf({ defaultValue, defaultValueDescription }: CommandOption): string | null {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  return typeof defaultValue === 'string' || typeof defaultValue === 'number' ? String(defaultValue) : null;
}
