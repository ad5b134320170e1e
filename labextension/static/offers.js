/* New versions of cells that the person edited.
 *
 * A changed problem brings new code for all its cells, but one that the person edited is kept. The
 * new version is then offered, in the cell's metadata, as {source, mark}: the person takes it, or
 * keeps their own. Either way the cell answers the changed problem from then on, so that running
 * the problem again asks no model.
 */

const version = new URL(import.meta.url).search;
const { MARK, metadataOf, setMetadata } = await import("./cells.js" + version);
const { isFixed } = await import("./fixed.js" + version);

export const OFFER = "creator_magic_offer";

export const offerOf = (cell) =>
  (cell.type === "code" && !isFixed(metadataOf(cell)) && cell.getMetadata(OFFER)) || null;

// Unlike what the kernel does to a notebook, both are the person's, so Ctrl+Z undoes them.

export function useNewVersion(cell) {
  const { source, mark } = offerOf(cell);
  const shared = cell.sharedModel;
  // What was typed a moment before is another step of Ctrl+Z.
  shared.undoManager?.stopCapturing();
  shared.transact(() => {
    shared.setSource(source);
    settle(shared, mark);
  });
}

// The hash in the mark is that of the new version, so the cell still counts as edited.
export function keepMine(cell) {
  const { mark } = offerOf(cell);
  cell.sharedModel.transact(() => settle(cell.sharedModel, mark));
}

function settle(shared, mark) {
  setMetadata(shared, MARK, mark);
  setMetadata(shared, OFFER, undefined);
}
