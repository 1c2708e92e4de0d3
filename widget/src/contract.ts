/** What the web connector sends and takes: channels/web_openapi.yml describes it. */

export interface Link {
  readonly titel: string;
  readonly url: string;
}

export interface Button {
  readonly titel: string;
  readonly payload: string;
}

/** One answer; README.md, "The form of an answer". Every key is always there. */
export interface Answer {
  readonly soort: 'tips' | 'keuze' | 'buiten_bereik' | 'veiligheid' | 'gesprek' | 'fout';
  readonly onderwerp: string | null;
  readonly hoofdstuk: { readonly nummer: number; readonly titel: string } | null;
  readonly vooraf: string | null;
  readonly kern: string;
  readonly tips: readonly { readonly id: string; readonly tekst: string }[];
  readonly links: readonly Link[];
  readonly bron: string | null;
  readonly nog_meer: number;
  readonly keuzes: readonly { readonly onderwerp: string | null; readonly vraag: string; readonly payload: string }[];
  readonly knoppen: readonly Button[];
}

export interface Session {
  readonly token: string;
  readonly answers: readonly Answer[];
  readonly starters: readonly Button[];
}

export interface History {
  readonly turns: readonly {
    readonly id: string | null;
    readonly text: string | null;
    readonly answers: readonly Answer[];
  }[];
  readonly starters: readonly Button[];
}

/** What a parent sends. `text` is what was typed or, with a `payload`, the title of the button. */
export interface Message {
  readonly id: string;
  readonly text: string;
  readonly payload: string | null;
}

/** The connector takes no longer messages (channels/conversation.py, MAX_LENGTH). */
export const MAX_LENGTH = 2000;

/** Payloads that judge an answer instead of going on with the conversation. */
export const HELPED = '/hielp';
export const HELPED_NOT = '/hielp_niet';
