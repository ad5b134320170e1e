/* One open notebook and its kernel: what the kernel says is done to the cells, and it is told who
 * listens.
 *
 * creator_magic/cells/protocol.py tells what each message holds; the words `Marker`, `Sync`,
 * `Shown`, `Hello`, `Ack` and others below are explained there.
 */

const version = new URL(import.meta.url).search;
const { announce } = await import("./announcements.js" + version);
const { Cells, MARK, metadataOf, setMetadata } = await import("./cells.js" + version);
const { isFixed, placeBelow } = await import("./fixed.js" + version);
const { Mendings } = await import("./mendings.js" + version);
const { OFFER } = await import("./offers.js" + version);

const VERSION = 1;
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

// ---------------------------------------------------------------- one notebook and its kernel

export class Notebook {
  constructor(app, context) {
    this.app = app;
    this.context = context;
    this.kernel = null;
    this.heard = null; // the number of the latest Sync that came
    this.pending = new Map(); // cell id -> how many requests of it are queued or running
    this.waiting = new Map(); // cell id -> what to do to it when it is no longer pending
    this.written = new Map(); // cell id -> the outputs that we wrote into it last, as JSON
    this.shown = new Map(); // cell id -> the prompt number of what it has shown once more
    this.wishes = new Map(); // cell id -> what its next run is to do: {fresh}, {rectify} or {mended}
    this.mendings = new Mendings(this);
    this.views = new Map(); // panel -> what draws it anew
    this.cells = new Cells(context.model, () => this.draw());
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
    this.mendings.forget();
    kernel.iopubMessage.connect((_, message) => this.receive(kernel, message));
    const send = kernel.requestExecute.bind(kernel);
    kernel.requestExecute = (content, disposeOnDone, metadata) => {
      const future = send(content, disposeOnDone, this.withMarker(metadata ?? {}));
      if (metadata?.cellId) this.follow(metadata.cellId, future);
      if (metadata?.cellId && !content.silent) this.mendings.ran(metadata.cellId);
      return future;
    };
    kernel.connectionStatusChanged.connect(() => this.sayHello(kernel));
    kernel.statusChanged.connect((_, status) => {
      if (!status.endsWith("restarting")) return;
      this.pending.clear();
      this.mendings.forget();
    });
    this.sayHello(kernel);
  }

  // The metadata of an execute request, with our Marker.
  withMarker(metadata) {
    const sent = { ...metadata };
    const { cellId: id, [MARK]: mark } = metadata;
    if (mark && this.cells.standing(mark.parent)[mark.key]?.id !== id) {
      delete sent[MARK]; // a copy of a generated cell is the person's own, and runs as such
    }
    const place = (cell) => this.cells.indexOf(cell.id);
    const cells = Object.values(this.cells.standing(id)).sort((one, other) => place(one) - place(other));
    sent[MARKER] = {
      v: VERSION,
      client,
      app: this.app.name,
      app_version: this.app.version,
      path: this.context.path,
      heard: this.heard,
      fresh: false,
      rectify: null,
      mended: null,
      ...this.wishes.get(id),
      cells: cells.map(({ sharedModel }) => ({
        source: sharedModel.getSource(),
        metadata: sharedModel.getMetadata(),
      })),
    };
    this.wishes.delete(id);
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
      const count = this.shown.get(id);
      this.waiting.delete(id);
      this.shown.delete(id);
      // After JupyterLab has seen to the reply too.
      setTimeout(() => {
        change?.(reply?.content?.status === "ok");
        if (count) this.number(id, count);
      });
    };
    future.done.then(done, done);
  }

  // Ask the kernel to undo the last solve of a magic cell. Returns why nothing was undone, or nothing.
  undo(id) {
    const unknown = "There is nothing to undo: this kernel has solved nothing.";
    return this.execute(`%creator undo ${id}`, id, unknown);
  }

  // Have one of our magics run for a cell, behind whatever runs. What is executed leaves no trace of
  // its own: no input, no history, no prompt number. Returns why nothing was done, or nothing;
  // `unknown` if this kernel does not have creator_magic loaded.
  async execute(code, id, unknown) {
    const request = { code, silent: true, store_history: false, stop_on_error: false };
    try {
      const { content } = await this.kernel.requestExecute(request, true, { cellId: id }).done;
      if (content.ename === "UsageError") return unknown;
      if (content.status === "error") return content.evalue;
      if (content.status === "aborted") return "Nothing was done: a cell before this failed.";
    } catch {
      return "The kernel ended before this was done.";
    }
  }

  // Run the active cell, as the person does, with a wish.
  async runActive(id, wish) {
    this.wishes.set(id, wish);
    try {
      await this.app.commands.execute("notebook:run-cell");
    } finally {
      this.wishes.delete(id); // not for another run, if this one was never sent
    }
  }

  // Have what is special about the cells drawn anew in each view.
  draw() {
    for (const later of this.views.values()) later();
  }

  // ---------------------------------------------------------------- what the kernel says

  receive(kernel, message) {
    if (kernel !== this.kernel) return;
    if (message.parent_header.session === kernel.clientId) announce(message.content.data ?? {});
    if (message.header.msg_type !== "comm_msg") return;
    const { comm_id: id, data } = message.content;
    if (id !== COMM_ID || data?.v !== VERSION) return;
    if (Number.isInteger(data.seq)) this.heard = Math.max(this.heard ?? 0, data.seq);
    if (data.client !== client) return;
    if (data.op === "shown") this.shown.set(data.cell, data.count);
    if (["failed", "offered", "restore"].includes(data.op)) {
      this.context.ready.then(() => this.context.isDisposed || this.mendings.receive(data));
    }
    if (data.op !== "sync") return;
    // A page that has just been loaded may hear of cells before it has its own.
    this.context.ready.then(() => {
      if (this.context.isDisposed || this.cells.indexOf(data.parent) < 0) return;
      this.sync(data);
      this.tell(kernel, ACK, { v: VERSION, client, nonce: data.nonce });
    });
  }

  // Make the generated cells of a magic cell what a Sync says. The same again changes nothing.
  sync({ parent, cells, remove, record }) {
    const standing = this.cells.standing(parent);
    let anchor = parent; // a new cell goes below this one
    for (const wanted of cells) {
      const cell = standing[wanted.metadata[MARK].key];
      if (!cell) {
        anchor = this.insert(anchor, wanted);
        continue;
      }
      const below = this.cells.indexOf(cell.id) > this.cells.indexOf(parent);
      const ours = this.mayWrite(cell, wanted.source, wanted.replaces) && !wanted.keep;
      if (wanted.keep) this.offer(cell, wanted);
      if (below) {
        if (ours) this.write(cell, wanted);
        anchor = cell.id;
      } else if (ours && !isFixed(metadataOf(cell)) && !this.pending.has(cell.id)) {
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
    if (record) this.replaceRecord(parent, record);
  }

  // A cell whose text the kernel does not know was edited meanwhile: it is left alone. So is a fixed one.
  mayWrite(cell, source, known) {
    const text = cell.sharedModel.getSource();
    return text === source || (known.includes(text) && !isFixed(metadataOf(cell)));
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
    const cell = { cell_type, source, metadata };
    if (cell_type === "code") Object.assign(cell, { outputs: outputs ?? [], execution_count });
    let inserted;
    const shared = this.context.model.sharedModel;
    const place = placeBelow(this.cells.all, this.cells.indexOf(anchor));
    shared.transact(() => (inserted = shared.insertCell(place, cell)), false);
    this.written.set(inserted.id, JSON.stringify(cell.outputs ?? []));
    return inserted.id;
  }

  remove(id) {
    const index = this.cells.indexOf(id);
    const shared = this.context.model.sharedModel;
    if (index >= 0) shared.transact(() => shared.deleteCell(index), false);
  }

  write(cell, wanted) {
    const shared = cell.sharedModel;
    const same = shared.getSource() === wanted.source;
    shared.transact(() => {
      if (!same) shared.setSource(wanted.source);
      if (isFixed(metadataOf(cell))) return;
      for (const name of [MARK, OFFER]) setMetadata(shared, name, wanted.metadata[name]);
    }, false);
    if (cell.type !== "code" || (!wanted.outputs && same)) return;
    // A queued cell gets its outputs when its turn comes; if that is cancelled, it gets these.
    this.whenIdle(cell.id, (ranAlone) => {
      if (cell.isDisposed) return;
      if (!ranAlone) this.writeOutputs(cell, wanted);
      // JupyterLab marks a cell whose text changed since it ran. This text is what ran. (Its
      // first versions see that by themselves and let nobody tell them.)
      if (shared.getSource() === wanted.source) Reflect.set(cell, "isDirty", false);
    });
  }

  writeOutputs(cell, wanted) {
    const { execution_count } = wanted;
    const outputs = wanted.outputs ?? [];
    const json = JSON.stringify(outputs);
    if (this.written.get(cell.id) !== json) {
      cell.trusted = true;
      // Not `sharedModel.setOutputs`: on a visible cell that loses what was printed.
      cell.outputs.fromJSON(outputs);
      this.written.set(cell.id, json);
    }
    if (cell.executionCount !== execution_count) cell.executionCount = execution_count;
  }

  number(id, count) {
    const cell = this.cells.get(id);
    if (cell && cell.executionCount !== count) cell.executionCount = count;
  }

  offer({ sharedModel }, { metadata }) {
    if (metadata[OFFER]) sharedModel.transact(() => setMetadata(sharedModel, OFFER, metadata[OFFER]), false);
  }

  // A page that was loaded since the record was shown does not follow it as a display any more.
  replaceRecord(parent, record) {
    const { outputs } = this.cells.get(parent);
    for (let index = 0; index < outputs.length; index++) {
      if (outputs.get(index).metadata[MARK]) outputs.set(index, record);
    }
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
