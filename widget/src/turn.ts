/** The turns of a conversation. A turn that did not change is not rendered again, however many there are. */

import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { type AnswerActions, renderAnswer } from './answer';
import type { Answer } from './contract';
import type { Turn } from './conversation';
import { texts } from './texts';

/** Render all turns; `copied` is the answer that was copied just now. `actions` must stay the same object. */
export function renderTurns(turns: readonly Turn[], copied: Answer | null, actions: AnswerActions) {
  return guard([turns, copied], () =>
    repeat(
      turns,
      (turn) => turn.key,
      (turn) => {
        const ofThis = copied && turn.answers.includes(copied) ? copied : null;
        return guard([turn, ofThis], () => renderTurn(turn, ofThis, actions));
      },
    ),
  );
}

function renderTurn(turn: Turn, copied: Answer | null, actions: AnswerActions): TemplateResult {
  return html`<div class="turn">
    ${turn.afterExpiry ? html`<p class="notice">${texts.verlopen}</p>` : nothing}
    ${turn.text === null ? nothing : renderQuestion(turn.text)}
    ${turn.answers.map((answer) => renderAnswer(answer, answer === copied, actions))}
  </div>`;
}

// Not announced: who just typed it knows it.
function renderQuestion(text: string) {
  return html`<p class="question" aria-live="off"><span class="hidden">${texts.jij} </span>${text}</p>`;
}
