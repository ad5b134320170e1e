/* What a person can do with a generated cell: in the command palette, about the active cell; in the
 * menu that a right click opens, about the cell below it (`clicked`); in the cell's own toolbar,
 * about that cell (`cell`, its id).
 */

const version = new URL(import.meta.url).search;
const { markOf } = await import("./cells.js" + version);
const { keepMine, offerOf, useNewVersion } = await import("./offers.js" + version);
const { GENERATED } = await import("./looks.js" + version);

const STATES_PROBLEM = /^\s*%%(solve|create)\b/;

// `apputils` is JupyterLab's library of that name, or an empty object; `notebooks` holds the
// Notebook of each context.
export function addCommands(app, palette, apputils, notebooks) {
  // The view and the cell that a command is about: {panel, cell}, or null.
  function subject({ clicked, cell: id }) {
    const panel = app.shell.currentWidget;
    if (!notebooks.has(panel?.context) || !panel.content.model) return null;
    const { widgets, activeCell } = panel.content;
    const below = clicked && app.contextMenuHitTest((node) => node.classList?.contains(GENERATED));
    const isMeant = ({ model, node }) => (id ? model.id === id : node === (clicked ? below : activeCell?.node));
    const cell = widgets.find(isMeant)?.model;
    return cell ? { panel, cell } : null;
  }

  // The problem that the cell belongs to, or that it states: {panel, id, index}, or null.
  function problemOf(args) {
    const { panel, cell } = subject(args) ?? {};
    if (!cell) return null;
    const id = markOf(cell)?.parent ?? cell.id;
    const { cells } = notebooks.get(panel.context);
    const source = cells.get(id)?.sharedModel.getSource() ?? "";
    return STATES_PROBLEM.test(source) ? { panel, id, cells } : null;
  }

  function goToProblem(args) {
    const { panel, id, cells } = problemOf(args);
    const view = panel.content;
    const index = cells.indexOf(id);
    view.deselectAll();
    view.activeCellIndex = index;
    view.mode = "command";
    view.widgets[index].node.scrollIntoView({ block: "nearest" });
    return { notebook: notebooks.get(panel.context), id };
  }

  async function runProblem(args, wish) {
    const { notebook, id } = goToProblem(args);
    await notebook.runActive(id, wish);
  }

  async function rectify(args) {
    const { panel, id } = problemOf(args);
    const remark = await ask();
    panel.content.activate();
    if (remark !== null && problemOf({ cell: id })) await runProblem({ cell: id }, { rectify: remark });
  }

  // What the person says is wrong; null if they think better of it.
  async function ask() {
    const title = "Rectify This Cell";
    const label = "What is wrong? Left empty, the cells run, and are rectified if they fail.";
    if (!apputils.InputDialog) return window.prompt(label, "");
    const { button, value } = await apputils.InputDialog.getText({ title, label, okLabel: "Rectify" });
    return button.accept ? (value ?? "") : null;
  }

  async function undo(args) {
    const { panel, id } = problemOf(args);
    const refused = await notebooks.get(panel.context).undo(id);
    if (refused) await apputils.showErrorMessage?.("Undo This Solve", refused);
  }

  const decide = (choice) => (args) => {
    const { panel, cell } = subject(args);
    choice(cell);
    panel.content.activate();
  };

  // What can be done about a cell of the person's own that failed, by keyboard too.
  const mendings = (args) => {
    const { panel, cell } = subject(args) ?? {};
    return cell ? { panel, id: cell.id, mendings: notebooks.get(panel.context).mendings } : {};
  };
  const hasFailed = (args) => {
    const { mendings: known, id } = mendings(args);
    return Boolean(known?.failed.has(id));
  };
  const hasMending = (args) => {
    const { mendings: known, id } = mendings(args);
    return Boolean(known?.offers.get(id)?.source);
  };
  const mend = (args) => mendings(args).mendings.ask(mendings(args).id);
  const accept = (args) => mendings(args).mendings.accept(mendings(args).id, mendings(args).panel);
  const refuse = (args) => mendings(args).mendings.dismiss(mendings(args).id, mendings(args).panel);

  const hasProblem = (args) => problemOf(args) !== null;
  const hasCells = (args) => {
    const { id, cells } = problemOf(args) ?? {};
    return cells !== undefined && Object.keys(cells.standing(id)).length > 0;
  };
  const hasOffer = (args) => Boolean(offerOf(subject(args)?.cell ?? {}));

  function add(name, label, execute, isEnabled, selector = `.${GENERATED}`) {
    const command = `creator-magic:${name}`;
    app.commands.addCommand(command, { label, caption: label, execute, isEnabled });
    if (selector) app.contextMenu.addItem({ command, args: { clicked: true }, selector, rank: 0 });
    palette?.addItem({ command, category: "creator-magic" });
  }
  add("rectify", "Rectify This Cell…", rectify, hasCells);
  add("solve-afresh", "Solve This Problem Afresh", (args) => runProblem(args, { fresh: true }), hasProblem);
  add("undo", "Undo This Solve", undo, hasProblem);
  add("go-to-problem", "Go to the Problem of This Cell", goToProblem, hasProblem);
  add("use-new-version", "Use the New Version of This Cell", decide(useNewVersion), hasOffer);
  add("keep-mine", "Keep My Version of This Cell", decide(keepMine), hasOffer);
  add("mend", "Rectify My Failed Cell…", mend, hasFailed, null);
  add("accept-mending", "Accept the Change of My Cell, and Run It", accept, hasMending, null);
  add("refuse-mending", "Refuse the Change of My Cell", refuse, hasMending, null);
}
