/* How generated cells look: a word below the prompt number, a small toolbar, and a note where the
 * kernel offers a new version. All in the colours of the theme.
 */

const version = new URL(import.meta.url).search;
const { offerOf } = await import("./offers.js" + version);

export const GENERATED = "creator-magic-cell";

// `--creator-magic` holds the word. The toolbar lies over the lower right corner of the input, where
// JupyterLab's own is not, and takes no room; on a cell of one line the two need some.
const STYLE = `
  .${GENERATED} .jp-InputPrompt::after {
    content: var(--creator-magic);
    display: block;
    white-space: pre;
    font-size: var(--jp-ui-font-size0);
    line-height: 1.2;
    color: var(--jp-ui-font-color2);
  }
  .${GENERATED} .jp-InputArea-editor {
    border-left: 3px solid var(--jp-border-color1);
  }
  .${GENERATED} .jp-Cell-inputWrapper {
    position: relative;
    min-height: 56px;
  }
  .creator-magic-toolbar {
    position: absolute;
    right: 8px;
    bottom: 2px;
    display: none; /* rather than transparent: among a thousand cells, what is not to be seen costs nothing */
    background: var(--jp-layout-color1);
    border: 1px solid var(--jp-border-color2);
    border-radius: var(--jp-border-radius);
  }
  @media not print {
    .${GENERATED}.jp-mod-active .creator-magic-toolbar,
    .${GENERATED}:hover .creator-magic-toolbar,
    .${GENERATED}:focus-within .creator-magic-toolbar {
      display: flex;
    }
  }
  .creator-magic-toolbar button,
  .creator-magic-mending button,
  .creator-magic-note button {
    border: none;
    border-radius: var(--jp-border-radius);
    background: none;
    color: var(--jp-ui-font-color1);
    font-family: var(--jp-ui-font-family);
    font-size: var(--jp-ui-font-size1);
    cursor: pointer;
  }
  .creator-magic-toolbar button {
    display: flex;
    align-items: center;
    justify-content: center;
    min-width: 24px;
    height: 22px;
    padding: 0 4px;
  }
  .creator-magic-mending button,
  .creator-magic-note button {
    padding: 2px 8px;
    border: 1px solid var(--jp-border-color1);
  }
  .creator-magic-toolbar button:hover,
  .creator-magic-mending button:hover,
  .creator-magic-note button:hover {
    background: var(--jp-layout-color2);
  }
  .creator-magic-toolbar button:focus-visible,
  .creator-magic-mending :focus-visible,
  .creator-magic-note button:focus-visible,
  .creator-magic-note summary:focus-visible {
    outline: 2px solid var(--jp-brand-color1);
  }
  .jp-CellHeader:has(.creator-magic-note) {
    height: auto;
  }
  .creator-magic-note {
    margin: 2px 0 4px calc(var(--jp-cell-prompt-width) + var(--jp-cell-collapser-width));
    padding: 4px 190px 4px 8px; /* JupyterLab's toolbar lies on the right */
    border-left: 3px solid var(--jp-info-color1);
    background: var(--jp-layout-color2);
    color: var(--jp-ui-font-color1);
    font-family: var(--jp-ui-font-family);
    font-size: var(--jp-ui-font-size1);
  }
  .creator-magic-mending pre,
  .creator-magic-note pre {
    max-height: 20em;
    margin: 4px 0;
    overflow: auto;
    font-size: var(--jp-code-font-size);
  }
  .jp-CellFooter:has(.creator-magic-mending) {
    height: auto;
  }
  .creator-magic-mending {
    margin: 4px 0 4px calc(var(--jp-cell-prompt-width) + var(--jp-cell-collapser-width));
    padding: 2px 8px;
    border-left: 3px solid var(--jp-border-color1);
    color: var(--jp-ui-font-color1);
    font-family: var(--jp-ui-font-family);
    font-size: var(--jp-ui-font-size1);
  }
  .creator-magic-mending button {
    margin: 2px 6px 2px 0;
  }
  .creator-magic-mending .creator-magic-accept {
    border-color: var(--jp-brand-color1);
    background: var(--jp-brand-color1);
    color: var(--jp-ui-inverse-font-color1);
  }
  .creator-magic-mending .creator-magic-accept:hover {
    background: var(--jp-brand-color0);
  }
  .creator-magic-said {
    margin: 2px 0;
    white-space: pre-wrap;
  }
  .creator-magic-mending pre {
    max-height: 30em;
    white-space: pre-wrap;
  }
  .creator-magic-diff > * {
    display: block;
    font-family: var(--jp-code-font-family);
    text-decoration: none;
  }
  .creator-magic-gone {
    background: rgb(207 60 60 / 18%);
  }
  .creator-magic-new {
    background: rgb(60 160 80 / 20%);
  }
  .creator-magic-place,
  .creator-magic-head {
    color: var(--jp-ui-font-color2);
  }`;

const TOOLBAR = [
  { command: "creator-magic:rectify", icon: "editIcon" },
  { command: "creator-magic:solve-afresh", icon: "refreshIcon" },
  { command: "creator-magic:undo", icon: "undoIcon" },
  { command: "creator-magic:go-to-problem", icon: "caretUpIcon" },
];

const NOTE = [
  { command: "creator-magic:use-new-version", label: "Use the new version" },
  { command: "creator-magic:keep-mine", label: "Keep mine" },
];

const NOTHING = { data: null, belongs: false, mending: undefined };

const make = (tag, properties, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

export class Looks {
  // `icons` is JupyterLab's library ui-components, or an empty object.
  constructor(app, icons) {
    this.app = app;
    this.icons = icons;
    this.awaited = new WeakSet(); // cells that will be drawn when they come into view
    this.drawn = new WeakMap(); // cell -> what was drawn of it
    document.head.append(make("style", { textContent: STYLE }));
  }

  // Draw what is special about the cells of one view; after a burst of changes, once.
  follow(panel, notebook) {
    let asked = false;
    const now = () => {
      asked = false;
      this.paint(panel, notebook, later);
    };
    const later = () => {
      if (!asked) requestAnimationFrame(now);
      asked = true;
    };
    // Only an offered change looks otherwise when the person types.
    panel.content.modelContentChanged.connect(() => notebook.mendings.offers.size && later());
    const near = ({ target }) => this.furnish(target.closest(`.${GENERATED}`));
    panel.content.node.addEventListener("pointerover", near);
    panel.content.node.addEventListener("focusin", near);
    panel.content.activeCellChanged.connect((_, cell) => this.furnish(cell?.node));
    panel.context.ready.then(later);
    notebook.views.set(panel, later);
    panel.disposed.connect(() => notebook.views.delete(panel));
  }

  // Draw the cells of which there is something else to be seen than was drawn.
  paint(panel, { cells, mendings }, later) {
    if (panel.isDisposed || !panel.content.model) return;
    for (const widget of panel.content.widgets) {
      const { model } = widget;
      const data = cells.isGenerated(model) ? cells.dataOf(model) : null;
      const belongs = data !== null && cells.indexOf(data.mark.parent) >= 0;
      const mending = data ? undefined : mendings.contentOf(model.id);
      const drawn = this.drawn.get(widget) ?? NOTHING;
      if (drawn.data === data && drawn.belongs === belongs && drawn.mending === mending) continue;
      this.drawn.set(widget, { data, belongs, mending });
      this.draw(widget, data?.mark, belongs, mending, () => mendings.drawn(model.id, panel));
      if ((data || mending) && !widget.node.querySelector(".jp-Cell-inputWrapper") && !this.awaited.has(widget)) {
        // Far from the view a cell is a placeholder.
        this.awaited.add(widget);
        widget.ready.then(() => {
          this.drawn.delete(widget);
          later();
        });
      }
    }
    this.furnish(panel.content.activeCell?.node);
  }

  // Mark a generated cell, or unmark one that is none (any more); show what is said of a failed one.
  draw({ model, node }, mark, belongs, mending, drawMending) {
    node.classList.toggle(GENERATED, Boolean(mark));
    if (mark) this.describe(node, mark);
    this.place(node, ".jp-Cell-inputWrapper", ".creator-magic-toolbar", belongs && "", () => this.toolbar(model));
    if (node.matches(":hover, :focus-within")) this.furnish(node);
    const offer = mark && offerOf(model);
    this.place(node, ".jp-CellHeader", ".creator-magic-note", offer && offer.source, () => this.note(model));
    this.place(node, ".jp-CellFooter", ".creator-magic-mending", mending, drawMending);
  }

  describe(node, mark) {
    const revision = mark.revision > 1 ? `rev. ${mark.revision}` : "";
    node.style.setProperty("--creator-magic", JSON.stringify(mark.role) + (revision && `"\\A ${revision}"`));
    node.setAttribute("aria-description", `${mark.role} cell of a solved problem ${revision}`.trim());
  }

  // Let a part of a cell hold one element of ours that shows `content`; none, if that is no text.
  place(node, part, selector, content, draw) {
    const host = node.querySelector(part);
    const there = host?.querySelector(selector);
    if (!host || (there && there.dataset.content === content)) return;
    const focused = there?.contains(document.activeElement);
    there?.remove();
    if (typeof content !== "string") return;
    const drawn = draw();
    drawn.dataset.content = content;
    // Enter and Space press our buttons, whatever they do in a notebook otherwise.
    drawn.dataset.lmSuppressShortcuts = "true";
    host.append(drawn); // last, since Lumino counts the children of its nodes
    // Who pressed a button that is gone goes on from what came in its place.
    if (!focused) return;
    (drawn.querySelector("button, [tabindex]") ?? drawn).focus();
    drawn.scrollIntoView({ block: "nearest" });
  }

  toolbar({ id }) {
    const bar = make("div", { className: "creator-magic-toolbar", role: "group", ariaLabel: "Generated cell" });
    bar.dataset.cell = id;
    return bar;
  }

  // Make the buttons of a cell's toolbar, if it has one, when they are first to be seen: a dozen elements for
  // each of a thousand cells are work for the browser whatever the person does.
  furnish(node) {
    const bar = node?.querySelector(".creator-magic-toolbar:empty");
    if (!bar) return;
    for (const { command, icon } of TOOLBAR) {
      const label = this.app.commands.label(command);
      const button = this.button(command, bar.dataset.cell, { title: label, ariaLabel: label });
      if (this.icons[icon]) this.icons[icon].element({ container: button });
      else button.textContent = label;
      bar.append(button);
    }
  }

  note(model) {
    const buttons = NOTE.map(({ command, label }) => this.button(command, model.id, { textContent: label }));
    return make(
      "div",
      { className: "creator-magic-note", role: "note" },
      "The changed problem has a new version of this cell; yours was kept. ",
      ...buttons,
      make(
        "details",
        {},
        make("summary", { textContent: "The new version" }),
        make("pre", { textContent: offerOf(model).source })
      )
    );
  }

  button(command, cell, properties) {
    const onclick = () => this.app.commands.execute(command, { cell });
    return make("button", { type: "button", onclick, ...properties });
  }
}
