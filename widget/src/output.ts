/** An answer out of the chat: onto the clipboard, onto paper. */

import printStyles from './print.css?inline';

/** Copy `text`; returns whether it worked. `place` is where a text field may stand for a moment. */
export async function copyText(text: string, place: ShadowRoot): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https there is no clipboard, and a page may forbid it: the old way.
    const focused = place.activeElement as HTMLElement | null;
    const field = document.createElement('textarea');
    field.className = 'hidden';
    field.value = text;
    place.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    focused?.focus();
    return copied;
  }
}

/** Print a copy of `content` alone, under `title`, from a frame in `place`. */
export function printAlone(content: HTMLElement, title: string, place: ShadowRoot): void {
  const frame = document.createElement('iframe');
  frame.className = 'printed';
  frame.title = title;
  frame.tabIndex = -1;
  frame.ariaHidden = 'true';
  frame.addEventListener('load', () => fillAndPrint(frame, content, title), { once: true });
  place.querySelector('.printed')?.remove();
  place.append(frame);
}

function fillAndPrint(frame: HTMLIFrameElement, content: HTMLElement, title: string): void {
  const view = frame.contentWindow as (Window & typeof globalThis) | null;
  if (!view) return;
  const page = view.document;
  page.title = title;
  page.documentElement.lang = 'nl';
  const heading = page.createElement('h1');
  heading.textContent = title;
  page.body.replaceChildren(heading, page.importNode(content, true));
  // A sheet of the frame's own, since a page may forbid inline styles. Old browsers print without.
  if ('adoptedStyleSheets' in page) {
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(printStyles);
    page.adoptedStyleSheets = [sheet];
  }
  view.addEventListener('afterprint', () => frame.remove());
  view.print();
}
