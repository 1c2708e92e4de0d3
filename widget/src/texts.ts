/** All that the widget itself says; the words stand in content/widget.json. */

import texts from '../../content/widget.json';

export { texts };

/** Return `text` with each {field} replaced by its value. */
export function fill(text: string, fields: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}

/** Return a duration as a parent reads it: "1 seconde", "20 seconden". */
export function inSeconds(seconds: number): string {
  return new Intl.NumberFormat('nl', { style: 'unit', unit: 'second', unitDisplay: 'long' }).format(seconds);
}

/** Return how many characters may still be typed. */
export function charactersLeft(left: number, limit: number): string {
  if (left === 0) return fill(texts.vol, { grens: limit });
  return left === 1 ? texts.teken : fill(texts.tekens, { aantal: left });
}
