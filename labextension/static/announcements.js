/* What screen readers are told while a problem is solved.
 *
 * A record that is drawn ten times a second cannot be read aloud. So its steps are told apart from
 * it, each once, and politely: when the reader has said what it is saying.
 */

const announcement = Object.assign(document.createElement("div"), { className: "creator-magic-status" });
announcement.setAttribute("role", "status");
// To be heard, not seen.
announcement.style.cssText = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
document.body.append(announcement);

// `data` is what any display shows; a record's plain text begins with how far the solve is.
export function announce({ "text/html": html, "text/plain": text }) {
  if (!html?.includes?.('class="creator-record')) return;
  const [step, answer = ""] = text.split("\n");
  say(`${step.replace(/ … \d+ s$/, "")} ${answer}`.trim());
}

export function say(text) {
  const said = text.slice(0, 300);
  if (announcement.textContent !== said) announcement.textContent = said;
}
