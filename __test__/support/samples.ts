/** The samples of a text in format 0.0.4: value by `name{labels}`, as it is printed. */
export function samples(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ');
    if (!line.startsWith('#') && end > 0)
      found.set(line.slice(0, end), Number(line.slice(end + 1)));
  }
  return found;
}
