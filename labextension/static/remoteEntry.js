/* The front-end half of creator-magic, for JupyterLab 4 and Notebook 7.
 *
 * This one file is both the source and what is shipped: there is no build. After changing it, run
 * `python labextension/stamp.py`, which puts its hash into package.json.
 *
 * While `%%solve` runs, the kernel says how the generated cells under it shall be, and this file
 * makes the notebook so. creator_magic/cells/protocol.py tells what each message holds; the words
 * `Marker`, `Sync`, `Hello` and `Ack` below are explained there.
 *
 * A word on the libraries. JupyterLab calls an open notebook file a *context*; it has a `model`
 * (the cells) and a `sessionContext` (the kernel). Two views of one notebook share one context.
 * `sharedModel` is the document below a model: editing it is what typing in the notebook does.
 */
(() => {
  "use strict";

  const VERSION = 1;
  const MARK = "creator_magic"; // in the metadata of a generated cell
  const MARKER = "creator_magic_frontend"; // in the metadata of an execute request
  const COMM_ID = "creator_magic";
  const HELLO = "creator_magic:hello";
  const ACK = "creator_magic:ack";

  // ---------------------------------------------------------------- this browser tab

  const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

  // sessionStorage lives as long as the tab, through reloads. So a page that is reloaded while the
  // kernel works is still the one that places the cells.
  let client = "tab-" + newId();
  try {
    client = sessionStorage.getItem(MARK) || client;
    sessionStorage.setItem(MARK, client);
  } catch {} // storage is switched off

  // ---------------------------------------------------------------- generated cells

  const markOf = (cell) => (cell.type === "code" && cell.getMetadata(MARK)) || null;

  // The generated cells of a magic cell, as {key: cell model}. One cell a slot: the first below
  // the magic cell, or if none is below it, the first above. Any other with the same mark is a copy
  // that the person made, so a cell of their own. (creator_magic/cells/notebook.py chooses alike.)
  function standingCells(model, parent) {
    const above = {};
    const below = {};
    let passed = false;
    for (const cell of model.cells) {
      const mark = markOf(cell);
      if (cell.id === parent) passed = true;
      else if (mark && mark.parent === parent) (passed ? below : above)[mark.key] ??= cell;
    }
    return { ...above, ...below };
  }

  const indexOf = (model, id) => [...model.cells].findIndex((cell) => cell.id === id);

  // ---------------------------------------------------------------- one notebook and its kernel

  class Notebook {
    constructor(app, context) {
      this.app = app;
      this.context = context;
      this.kernel = null;
      this.heard = null; // the number of the latest Sync that came
      this.pending = new Map(); // cell id -> how many requests of it are queued or running
      this.waiting = new Map(); // cell id -> what to do to it when it is no longer pending
      this.written = new Map(); // cell id -> the outputs that we wrote into it last, as JSON
      this.fresh = new Set(); // ids of magic cells whose next run is to solve afresh
      const session = context.sessionContext;
      session.kernelChanged.connect((_, change) => this.watch(change.newValue));
      this.watch(session.session?.kernel);
    }

    // Begin to listen to a kernel, and to add the marker to what it is sent.
    watch(kernel) {
      if (!kernel || kernel === this.kernel) return;
      this.kernel = kernel;
      this.heard = null;
      this.pending.clear();
      this.waiting.clear();
      kernel.iopubMessage.connect((_, message) => this.receive(kernel, message));
      const send = kernel.requestExecute.bind(kernel);
      kernel.requestExecute = (content, disposeOnDone, metadata) => {
        const future = send(content, disposeOnDone, this.withMarker(metadata ?? {}));
        if (metadata?.cellId) this.follow(metadata.cellId, future);
        return future;
      };
      kernel.connectionStatusChanged.connect(() => this.sayHello(kernel));
      kernel.statusChanged.connect((_, status) => status.endsWith("restarting") && this.pending.clear());
      this.sayHello(kernel);
    }

    // The metadata of an execute request, with our Marker.
    withMarker(metadata) {
      const sent = { ...metadata };
      const { cellId: id, [MARK]: mark } = metadata;
      if (mark && standingCells(this.context.model, mark.parent)[mark.key]?.id !== id) {
        delete sent[MARK]; // a copy of a generated cell is the person's own, and runs as such
      }
      const standing = standingCells(this.context.model, id);
      sent[MARKER] = {
        v: VERSION,
        client,
        app: this.app.name,
        app_version: this.app.version,
        path: this.context.path,
        heard: this.heard,
        fresh: this.fresh.delete(id), // true if it was there
        cells: [...this.context.model.cells]
          .filter((cell) => standing[markOf(cell)?.key] === cell)
          .map((cell) => ({ source: cell.sharedModel.getSource(), metadata: cell.sharedModel.getMetadata() })),
      };
      return sent;
    }

    // Remember that a cell is queued or running, until its request is done.
    follow(id, future) {
      this.pending.set(id, (this.pending.get(id) ?? 0) + 1);
      this.written.delete(id);
      const done = (reply) => {
        const left = (this.pending.get(id) ?? 1) - 1;
        this.pending.set(id, left);
        if (left > 0) return;
        this.pending.delete(id);
        const change = this.waiting.get(id);
        this.waiting.delete(id);
        // After JupyterLab has seen to the reply too.
        if (change) setTimeout(() => change(reply?.content?.status === "ok"));
      };
      future.done.then(done, done);
    }

    // ---------------------------------------------------------------- what the kernel says

    receive(kernel, message) {
      if (kernel !== this.kernel) return;
      if (message.parent_header.session === kernel.clientId) announce(message.content.data ?? {});
      if (message.header.msg_type !== "comm_msg") return;
      const { comm_id: id, data } = message.content;
      if (id !== COMM_ID || data?.v !== VERSION) return;
      if (Number.isInteger(data.seq)) this.heard = Math.max(this.heard ?? 0, data.seq);
      if (data.op !== "sync" || data.client !== client) return;
      // A page that has just been loaded may hear of cells before it has its own.
      this.context.ready.then(() => {
        if (this.context.isDisposed || indexOf(this.context.model, data.parent) < 0) return;
        this.sync(data);
        this.tell(kernel, ACK, { v: VERSION, client, nonce: data.nonce });
      });
    }

    // Make the generated cells of a magic cell what a Sync says. The same again changes nothing.
    sync({ parent, cells, remove }) {
      const standing = standingCells(this.context.model, parent);
      let anchor = parent; // a new cell goes below this one
      for (const wanted of cells) {
        const cell = standing[wanted.metadata[MARK].key];
        if (!cell) {
          anchor = this.insert(anchor, wanted);
          continue;
        }
        const below = indexOf(this.context.model, cell.id) > indexOf(this.context.model, parent);
        const ours = this.mayWrite(cell, wanted.source, wanted.replaces) && !wanted.keep;
        if (below) {
          if (ours) this.write(cell, wanted);
          anchor = cell.id;
        } else if (ours && !this.pending.has(cell.id)) {
          // Moved above its magic cell: it comes back below.
          this.remove(cell.id);
          anchor = this.insert(anchor, wanted);
        }
      }
      for (const [key, sources] of Object.entries(remove)) {
        const cell = standing[key];
        const go = () => !cell.isDisposed && this.mayWrite(cell, null, sources) && this.remove(cell.id);
        if (cell) this.whenIdle(cell.id, go);
      }
    }

    // A cell whose text the kernel does not know was edited meanwhile: it is left alone.
    mayWrite(cell, source, known) {
      const text = cell.sharedModel.getSource();
      return text === source || known.includes(text);
    }

    // Change a cell at once, or if it is queued or running, after that; `change` is told which.
    whenIdle(id, change) {
      this.pending.has(id) ? this.waiting.set(id, change) : change(false);
    }

    // ---------------------------------------------------------------- editing the notebook

    // In `transact(…, false)` the `false` says that Ctrl+Z does not undo it: what the kernel does is
    // not the person's to take back or to bring back.

    insert(anchor, wanted) {
      const { cell_type, source, outputs, execution_count } = wanted;
      // What the kernel ran for the person is trusted as what they ran themselves.
      const metadata = { ...wanted.metadata, trusted: true };
      const cell = { cell_type, source, metadata, outputs, execution_count };
      let inserted;
      const shared = this.context.model.sharedModel;
      shared.transact(() => (inserted = shared.insertCell(indexOf(this.context.model, anchor) + 1, cell)), false);
      this.written.set(inserted.id, JSON.stringify(outputs));
      return inserted.id;
    }

    remove(id) {
      const index = indexOf(this.context.model, id);
      const shared = this.context.model.sharedModel;
      if (index >= 0) shared.transact(() => shared.deleteCell(index), false);
    }

    write(cell, wanted) {
      const shared = cell.sharedModel;
      if (shared.getSource() !== wanted.source) shared.transact(() => shared.setSource(wanted.source), false);
      const mark = wanted.metadata[MARK];
      if (JSON.stringify(shared.getMetadata(MARK)) !== JSON.stringify(mark)) {
        shared.transact(() => shared.setMetadata(MARK, mark), false);
      }
      // A queued cell gets its outputs when its turn comes; if that is cancelled, it gets these.
      this.whenIdle(cell.id, (ranAlone) => {
        if (cell.isDisposed) return;
        if (!ranAlone) this.writeOutputs(cell, wanted);
        // JupyterLab marks a cell whose text changed since it ran. This text is what ran. (Its
        // first versions see that by themselves and let nobody tell them.)
        if (shared.getSource() === wanted.source) Reflect.set(cell, "isDirty", false);
      });
    }

    writeOutputs(cell, { outputs, execution_count }) {
      const json = JSON.stringify(outputs);
      if (this.written.get(cell.id) !== json) {
        cell.trusted = true;
        // Not `sharedModel.setOutputs`: on a visible cell that loses what was printed.
        cell.outputs.fromJSON(outputs);
        this.written.set(cell.id, json);
      }
      if (cell.executionCount !== execution_count) cell.executionCount = execution_count;
    }

    // ---------------------------------------------------------------- what the kernel is told

    // Not once the kernel has said what it is: a busy one says that only when it is done.
    sayHello(kernel) {
      this.context.ready.then(() => {
        const { kernelspec, language_info } = this.context.model.sharedModel.getMetadata();
        const language = kernelspec?.language || language_info?.name || "python";
        if (language === "python" && kernel.connectionStatus === "connected" && !kernel.isDisposed) {
          this.tell(kernel, HELLO, { v: VERSION, client, path: this.context.path });
        }
      });
    }

    // A kernel that is busy hears only its control channel. A comm_info_request is the one message
    // that passes there and that no server mistakes for work.
    tell(kernel, target, said) {
      const header = {
        msg_id: newId(),
        msg_type: "comm_info_request",
        session: kernel.clientId,
        username: kernel.username,
        version: "5.3",
        date: new Date().toISOString(),
      };
      const content = { target_name: target, [MARK]: said };
      kernel.sendControlMessage(
        { channel: "control", header, parent_header: {}, metadata: {}, content, buffers: [] },
        false,
        true
      );
    }
  }

  // ---------------------------------------------------------------- how generated cells look

  // A word below the prompt number, in the colours of the theme. `--creator-magic` holds the word.
  const STYLE = `
    .creator-magic-cell .jp-InputPrompt::after {
      content: var(--creator-magic);
      display: block;
      white-space: pre;
      font-size: var(--jp-ui-font-size0);
      line-height: 1.2;
      color: var(--jp-ui-font-color2);
    }
    .creator-magic-cell .jp-InputArea-editor {
      border-left: 3px solid var(--jp-border-color1);
    }
    .creator-magic-status {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }`;

  // Mark the generated cells of one view, and unmark those that are none (any more).
  function paint(panel) {
    if (panel.isDisposed || !panel.content.model) return;
    for (const { model, node } of panel.content.widgets) {
      const mark = markOf(model);
      const generated = mark !== null && standingCells(panel.content.model, mark.parent)[mark.key] === model;
      node.classList.toggle("creator-magic-cell", generated);
      if (!generated) continue;
      const revision = mark.revision > 1 ? `rev. ${mark.revision}` : "";
      node.style.setProperty("--creator-magic", JSON.stringify(mark.role) + (revision && `"\\A ${revision}"`));
      node.setAttribute("aria-description", `${mark.role} cell of a solved problem ${revision}`.trim());
    }
  }

  // After a burst of changes, once.
  function paintOnChange(panel) {
    let asked = false;
    const now = () => {
      asked = false;
      paint(panel);
    };
    const later = () => {
      if (!asked) requestAnimationFrame(now);
      asked = true;
    };
    panel.content.modelContentChanged.connect(later);
    panel.context.ready.then(later);
  }

  // ---------------------------------------------------------------- what screen readers are told

  // A record that is drawn ten times a second cannot be read aloud. So its steps are told apart from
  // it, each once, and politely: when the reader has said what it is saying.
  const announcement = Object.assign(document.createElement("div"), { className: "creator-magic-status" });
  announcement.setAttribute("role", "status");

  // `data` is what any display shows; a record's plain text begins with how far the solve is.
  function announce({ "text/html": html, "text/plain": text }) {
    if (!html?.includes?.('class="creator-record')) return;
    const [step, answer = ""] = text.split("\n");
    const said = `${step.replace(/ … \d+ s$/, "")} ${answer}`.trim().slice(0, 300);
    if (announcement.textContent !== said) announcement.textContent = said;
  }

  // ---------------------------------------------------------------- commands

  // In the command palette they are about the active cell; in the menu that a right click on a
  // generated cell opens, about that cell (`clicked`).
  function addCommands(app, palette) {
    // The problem that a cell belongs to, or that it states: {panel, id, index}, or null.
    function problemOf({ clicked }) {
      const panel = app.shell.currentWidget;
      if (!notebooks.has(panel?.context) || !panel.content.model) return null;
      const { model, widgets, activeCell } = panel.content;
      const isGenerated = (node) => node.classList?.contains("creator-magic-cell");
      const node = clicked ? app.contextMenuHitTest(isGenerated) : activeCell?.node;
      const cell = widgets.find((widget) => widget.node === node)?.model;
      const id = cell && (markOf(cell)?.parent ?? cell.id);
      const index = indexOf(model, id);
      const states = /^\s*%%(solve|create)\b/;
      return index >= 0 && states.test(widgets[index].model.sharedModel.getSource()) ? { panel, id, index } : null;
    }

    function goToProblem(args) {
      const { panel, id, index } = problemOf(args);
      const view = panel.content;
      view.deselectAll();
      view.activeCellIndex = index;
      view.mode = "command";
      view.widgets[index].node.scrollIntoView({ block: "nearest" });
      return { panel, id };
    }

    function solveAfresh(args) {
      const { panel, id } = goToProblem(args);
      notebooks.get(panel.context).fresh.add(id);
      return app.commands.execute("notebook:run-cell");
    }

    function add(name, label, execute) {
      const command = `creator-magic:${name}`;
      app.commands.addCommand(command, { label, execute, isEnabled: (args) => problemOf(args) !== null });
      app.contextMenu.addItem({ command, args: { clicked: true }, selector: ".creator-magic-cell", rank: 0 });
      palette?.addItem({ command, category: "creator-magic" });
    }
    add("go-to-problem", "Go to the Problem of This Cell", goToProblem);
    add("solve-afresh", "Solve This Problem Afresh", solveAfresh);
  }

  // ---------------------------------------------------------------- how JupyterLab finds this

  const notebooks = new WeakMap(); // context -> Notebook

  const plugin = {
    id: "creator-magic:plugin",
    description: "Puts the cells that %%solve generates into the notebook.",
    autoStart: true,
    activate: (app, palette) => {
      document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
      document.body.append(announcement);
      addCommands(app, palette);
      app.docRegistry.addWidgetExtension("Notebook", {
        createNew: (panel, context) => {
          if (!notebooks.has(context)) notebooks.set(context, new Notebook(app, context));
          paintOnChange(panel);
        },
      });
    },
  };

  // The one thing we take from others is the name of the command palette's service.
  let libraries = {};
  async function paletteService() {
    const versions = Object.values(libraries["@jupyterlab/apputils"] ?? {});
    return versions.length ? (await versions[0].get())().ICommandPalette : null;
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["creator-magic"] = {
    init: (shared) => void (libraries = shared),
    get: async () => {
      const palette = await paletteService();
      plugin.optional = palette ? [palette] : [];
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
