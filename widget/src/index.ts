/** The script that a page includes: defines <ouder-wijzer>. */

import { OuderWijzer } from './element';

// Included twice, the second time changes nothing.
if (!customElements.get('ouder-wijzer')) {
  customElements.define('ouder-wijzer', OuderWijzer);
}
