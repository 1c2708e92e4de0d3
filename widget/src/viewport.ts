/** Keeps the full-screen panel above a phone's keyboard, which covers the page without making it smaller. */

/** Follow the visible part of the window in --visible-top and --visible-height; returns what ends that. */
export function followViewport(root: ShadowRoot): () => void {
  const viewport = window.visualViewport;
  if (!viewport || !('adoptedStyleSheets' in root)) return () => {};
  const sheet = new CSSStyleSheet();
  const follow = () => {
    // Zoomed in with two fingers, the parent wants to see a part of the panel and not a smaller one.
    const zoomed = viewport.scale > 1.01;
    sheet.replaceSync(
      zoomed ? '' : `.panel{--visible-top:${viewport.offsetTop}px;--visible-height:${viewport.height}px}`,
    );
  };
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  viewport.addEventListener('resize', follow);
  viewport.addEventListener('scroll', follow);
  follow();
  return () => {
    viewport.removeEventListener('resize', follow);
    viewport.removeEventListener('scroll', follow);
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}
