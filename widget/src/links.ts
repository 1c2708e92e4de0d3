/** Which addresses may become a link. */

const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** Return the address of a link in an answer, or null if it may be shown as text only. */
export function answerUrl(address: string): string | null {
  return /^(https:\/\/|mailto:|tel:)/i.test(address) ? address : null;
}

/**
 * Return the absolute form of an address that the page gives, or null if it is missing or not to be trusted.
 *
 * Allowed are https, mailto, tel, http on this machine, and addresses on the page's own site.
 */
export function pageUrl(address: string | null | undefined): string | null {
  if (!address) return null;
  let url: URL;
  try {
    url = new URL(address, document.baseURI);
  } catch {
    return null;
  }
  const isHttp = url.protocol === 'http:' && (LOCAL.includes(url.hostname) || url.origin === location.origin);
  return isHttp || ['https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : null;
}

/** Tell whether a link leaves the page, so that it gets a tab of its own. */
export function opensTab(url: string): boolean {
  return /^https?:/i.test(url) && url.split('#')[0] !== location.href.split('#')[0];
}
