/** The icons, drawn on 24 by 24; they only go with a text, so a screen reader passes them by. */

import { html, type SVGTemplateResult, svg } from 'lit';

function icon(drawing: SVGTemplateResult) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${drawing}</svg>`;
}

const thumb = svg`<path d="M7.5 11v9H4.2v-9zM7.5 11.2 11 4c1.7 0 2.7 1.2 2.4 2.8L12.8 10h5.3a2 2 0 0 1 2 2.4l-1.2 6a2 2 0 0 1-2 1.6H7.5"/>`;

export const icons = {
  chat: icon(
    svg`<path d="M5.5 4h13A2.5 2.5 0 0 1 21 6.5v8a2.5 2.5 0 0 1-2.5 2.5H12l-5 4v-4H5.5A2.5 2.5 0 0 1 3 14.5v-8A2.5 2.5 0 0 1 5.5 4zM8 9h8M8 12.5h5"/>`,
  ),
  close: icon(svg`<path d="m6 6 12 12M18 6 6 18"/>`),
  erase: icon(svg`<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.2 10.5v5.5M13.8 10.5v5.5"/>`),
  send: icon(svg`<path d="M12 19.5v-15M5.5 11 12 4.5l6.5 6.5"/>`),
  helped: icon(thumb),
  helpedNot: icon(svg`<g transform="rotate(180 12 12)">${thumb}</g>`),
  copy: icon(svg`<path d="M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4"/>`),
  done: icon(svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`),
  print: icon(svg`<path d="M7 9V4h10v5M7 17H4.5V9h15v8H17M7 14h10v6H7z"/>`),
  phone: icon(
    svg`<path d="M5 4h3.5l1.7 4.5-2.2 1.6a12 12 0 0 0 5.9 5.9l1.6-2.2L20 15.5V19a1.5 1.5 0 0 1-1.6 1.5A15 15 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4z"/>`,
  ),
  onward: icon(svg`<path d="m9.5 6 6 6-6 6"/>`),
};
