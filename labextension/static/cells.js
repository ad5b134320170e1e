/* The cells of a notebook: which are generated, for which magic cell, and where they stand. */

export const MARK = "creator_magic"; // in the metadata of a generated cell

export function markOf(cell) {
  const mark = cell.getMetadata(MARK);
  // What was made another kind of cell is the person's own.
  return mark && cell.type === (mark.role === "plan" ? "markdown" : "code") ? mark : null;
}

// What is known of the cells of an open notebook. Typing changes none of it, so each cell is read when it
// comes and when its metadata changes, and not whenever somebody asks.
export class Cells {
  // `changed` is called when cells came, went or moved, and when the metadata of one changed.
  constructor(model, changed) {
    this.model = model;
    this.changed = changed;
    this.read = new WeakMap(); // cell model -> its data, as of `dataOf`
    this.order = null; // what follows from all the data, until some of it changes
    model.cells.changed.connect(() => this.forget());
  }

  forget() {
    this.order = null;
    this.changed();
  }

  // A cell as fixed.js takes it, with its model and its mark; another object once its metadata changed.
  dataOf(cell) {
    if (!this.read.has(cell)) {
      this.read.set(cell, dataOf(cell));
      cell.metadataChanged.connect(() => {
        this.read.set(cell, dataOf(cell));
        this.forget();
      });
    }
    return this.read.get(cell);
  }

  // One cell a slot is generated: the first below the magic cell, or if none is below it, the first above.
  // Any other with the same mark is a copy that the person made, so a cell of their own.
  // (creator_magic/cells/standing.py chooses alike.)
  get known() {
    if (this.order) return this.order;
    const all = Array.from(this.model.cells, (cell) => this.dataOf(cell));
    const places = new Map();
    const below = new Map();
    const above = new Map();
    all.forEach(({ cell, id, mark }, index) => {
      places.set(id, index);
      if (!mark) return;
      const found = places.has(mark.parent) ? below : above;
      if (!found.has(mark.parent)) found.set(mark.parent, {});
      found.get(mark.parent)[mark.key] ??= cell;
    });
    const parents = new Set([...above.keys(), ...below.keys()]);
    const standing = new Map([...parents].map((id) => [id, { ...above.get(id), ...below.get(id) }]));
    const generated = new Set([...standing.values()].flatMap(Object.values));
    return (this.order = { all, places, standing, generated });
  }

  // All cells, as of `dataOf`.
  get all() {
    return this.known.all;
  }

  // The generated cells of a magic cell, as {key: cell model}.
  standing(parent) {
    return this.known.standing.get(parent) ?? {};
  }

  isGenerated(cell) {
    return this.known.generated.has(cell);
  }

  indexOf(id) {
    return this.known.places.get(id) ?? -1;
  }

  // The model of a cell, or nothing.
  get(id) {
    return this.known.all[this.indexOf(id)]?.cell;
  }
}

const dataOf = (cell) => ({
  cell,
  id: cell.id,
  type: cell.type,
  metadata: metadataOf(cell),
  mark: markOf(cell),
  get source() {
    return cell.sharedModel.getSource();
  },
});

export const metadataOf = (cell) => cell.sharedModel.getMetadata();

// Set an entry of a cell's metadata to `value`, or take it away if that is undefined.
export function setMetadata(shared, name, value) {
  if (JSON.stringify(shared.getMetadata(name)) === JSON.stringify(value)) return;
  if (value === undefined) shared.deleteMetadata(name);
  else shared.setMetadata(name, value);
}
