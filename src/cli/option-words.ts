// Names of options as the command line has them, in the words of a library that writes them otherwise.
//
// The library checks its own options and says `maxRetryAfter`; whoever typed `--max-retry-after` should read
// that. Only names in back-ticks are changed, and only those of options.

/** `failRate` to `--fail-rate`, wherever a message names an option of the library. */
export function optionWords(message: string, names: ReadonlySet<string>): string {
  return message.replace(/`([a-zA-Z]+)`/g, (whole, name: string) =>
    names.has(name) ? `\`--${kebab(name)}\`` : whole,
  )
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
