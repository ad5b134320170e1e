/* Mending the person's own cells: below the traceback of one that failed, a button; when it was pressed,
 * the diagnosis and a diff; and the choice to accept the change or to refuse it.
 *
 * What is shown is made of text nodes: nothing that a model or a cell says is ever read as HTML.
 */

const version = new URL(import.meta.url).search;
const { say } = await import("./announcements.js" + version);
const { metadataOf } = await import("./cells.js" + version);
const { isFixed, placeBelow } = await import("./fixed.js" + version);

const make = (tag, properties, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

const DIFF = { place: ["span", ""], same: ["span", "  "], gone: ["del", "- "], new: ["ins", "+ "] };

export class Mendings {
  constructor(notebook) {
    this.notebook = notebook;
    this.failed = new Map(); // cell id -> the Failed that came for it
    this.asking = new Set(); // the cells whose button was pressed
    this.offers = new Map(); // cell id -> the Offered that is shown below it
    this.refused = new Map(); // cell id -> why no change can be offered
  }

  // ---------------------------------------------------------------- what the kernel says

  receive(data) {
    if (data.op === "failed") this.failed.set(data.cell, data);
    if (data.op === "offered") this.offer(data);
    if (data.op === "restore") this.restore(data);
    this.notebook.draw();
  }

  offer(offered) {
    this.offers.set(offered.at, offered);
    this.refused.delete(offered.at);
    if (offered.accepted && offered.source !== null) this.acceptBeforehand(offered.at);
    else say(offered.source === null ? offered.head : "A change is offered below the cell. Accept it or refuse it.");
  }

  // In the notebook that the person has before them; in another, the choice waits for them.
  acceptBeforehand(at) {
    const panel = [...this.notebook.views.keys()].find((view) => view === this.notebook.app.shell.currentWidget);
    // When the cell that asked is done, so that what it shows is there first.
    if (panel) this.notebook.whenIdle(at, () => this.accept(at, panel));
  }

  restore({ cell: id, replaces, source }) {
    const cell = this.cell(id);
    if (cell?.sharedModel.getSource() === replaces && !isFixed(metadataOf(cell))) write(cell, source);
  }

  // ---------------------------------------------------------------- what happens to the cells

  // A cell is sent to run: what was said of its last run is over.
  ran(id) {
    this.failed.delete(id);
    this.offers.delete(id);
    this.refused.delete(id);
    this.notebook.draw();
  }

  forget() {
    for (const known of [this.failed, this.asking, this.offers, this.refused]) known.clear();
    this.notebook.draw();
  }

  cell(id) {
    return this.notebook.cells.get(id) ?? null;
  }

  // ---------------------------------------------------------------- what the person does

  async ask(id) {
    if (this.asking.has(id)) return;
    this.asking.add(id);
    this.refused.delete(id);
    say("Looking for the cause.");
    this.notebook.draw();
    const refused = await this.notebook.execute("%rectify", id, "Nothing was sent: creator_magic is not loaded any more.");
    this.asking.delete(id);
    if (refused) {
      this.refused.set(id, refused);
      say(refused);
    }
    this.notebook.draw();
  }

  dismiss(at, panel) {
    this.offers.delete(at);
    this.refused.delete(at);
    if (this.failed.has(at)) this.failed.set(at, { ...this.failed.get(at), asks: false });
    say("Nothing was changed.");
    this.notebook.draw();
    panel.content.activate();
  }

  async accept(at, panel) {
    const offered = this.offers.get(at);
    if (!offered) return;
    this.offers.delete(at);
    const { cells, context } = this.notebook;
    let cell = this.cell(offered.cell);
    if (this.fits(offered)) {
      write(cell, offered.source);
    } else {
      // Edited or deleted since: what the person has there now stays.
      const above = cells.indexOf((cell ?? this.cell(at))?.id);
      const index = above < 0 ? cells.all.length : placeBelow(cells.all, above);
      const fresh = { cell_type: "code", source: offered.source, metadata: { trusted: true }, outputs: [] };
      let inserted;
      const shared = context.model.sharedModel;
      shared.transact(() => (inserted = shared.insertCell(index, fresh)));
      cell = this.cell(inserted.id);
    }
    this.notebook.draw();
    const view = panel.content;
    view.deselectAll();
    view.activeCellIndex = cells.indexOf(cell.id);
    view.mode = "command";
    await this.notebook.runActive(cell.id, { mended: offered.id });
  }

  // Whether the change is for the cell as it is now.
  fits({ cell: id, replaces }) {
    const cell = this.cell(id);
    return cell?.sharedModel.getSource() === replaces && !isFixed(metadataOf(cell));
  }

  // ---------------------------------------------------------------- what is drawn

  // What is to be seen below a cell, as a text that changes with it; undefined for nothing.
  contentOf(id) {
    const offered = this.offers.get(id);
    const failed = this.failed.get(id);
    if (!offered && !failed && !this.asking.has(id)) return undefined;
    const fits = offered && this.fits(offered);
    return JSON.stringify([offered?.id, fits, failed, this.asking.has(id), this.refused.get(id)]);
  }

  drawn(id, panel) {
    const parts = this.partsOf(id, panel);
    const name = { className: "creator-magic-mending", role: "group", ariaLabel: "Mending this cell" };
    return make("div", { ...name, tabIndex: -1 }, ...parts);
  }

  partsOf(id, panel) {
    const offered = this.offers.get(id);
    if (this.asking.has(id)) return [make("span", { textContent: "Looking for the cause …" })];
    if (offered) return this.partsOfOffer(offered, id, panel);
    const { says, asks } = this.failed.get(id);
    const title = says[0].toUpperCase() + says.slice(1);
    const press = button("Rectify…", () => this.ask(id), { title });
    const refused = this.refused.get(id);
    if (refused) return [line(refused), button("Rectify again…", () => this.ask(id), { title })];
    if (!asks) return [press];
    return [line(`This cell failed. Rectify… ${says}`), press, button("Not now", () => this.dismiss(id, panel))];
  }

  partsOfOffer(offered, at, panel) {
    const parts = [];
    if (!offered.shown) {
      if (offered.diagnosis) parts.push(make("strong", { textContent: offered.diagnosis }));
      parts.push(...offered.notes.map((note) => line(note)));
      if (offered.diff.length) parts.push(diff(offered.diff));
      parts.push(line(offered.head, "creator-magic-head"));
      if (offered.sent) {
        const summary = make("summary", { textContent: `Sent: ${offered.sent}` });
        parts.push(make("details", {}, summary, make("pre", { textContent: offered.asked })));
      }
    }
    if (offered.source === null) return [...parts, button("Close", () => this.dismiss(at, panel))];
    const fits = this.fits(offered);
    if (!fits) {
      const cell = this.cell(offered.cell);
      const changed = cell && isFixed(metadataOf(cell)) ? "The cell is locked" : "You have edited the cell since";
      const what = cell ? changed : "The cell is gone";
      parts.push(line(`${what}: accepted, the change comes as a new cell below, and what stands stays.`));
    }
    const label = fits ? "Accept and run" : "Insert below and run";
    parts.push(button(label, () => this.accept(at, panel), { className: "creator-magic-accept" }));
    parts.push(button("Refuse", () => this.dismiss(at, panel)));
    return parts;
  }
}

// Ctrl+Z undoes it, apart from what was typed a moment before.
function write(cell, source) {
  cell.sharedModel.undoManager?.stopCapturing();
  cell.sharedModel.transact(() => cell.sharedModel.setSource(source));
}

const line = (text, look = "") => make("div", { className: `creator-magic-said ${look}`, textContent: text });

const button = (text, onclick, properties) =>
  make("button", { type: "button", textContent: text, onclick, ...properties });

function diff(lines) {
  const drawn = lines.map(([kind, text]) => {
    const [tag, sign] = DIFF[kind] ?? DIFF.same;
    return make(tag, { className: `creator-magic-${kind}`, textContent: sign + text });
  });
  return make("pre", { className: "creator-magic-diff", tabIndex: 0, ariaLabel: "Diff" }, ...drawn);
}
