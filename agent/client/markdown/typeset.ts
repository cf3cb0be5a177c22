/** Typesets one formula with KaTeX. Loaded when the first formula is met; its fonts are files of this server. */
import { render } from "katex";
import { t } from "../../shared/translation";
import "katex/dist/katex.css";
import styles from "./formulas.module.css";

/** The fonts of nearly every formula: drawn before they are there, it would jump. */
export async function loadFonts(): Promise<void> {
  const fonts = ["1em KaTeX_Main", "italic 1em KaTeX_Math", "1em KaTeX_Size1", "1em KaTeX_Size2"];
  await Promise.allSettled(fonts.map((font) => document.fonts.load(font)));
}

/** With them a formula of 2,800 characters makes nine million and takes 5 s, within KaTeX's own bound of 1,000 expansions. */
const definition = /\\(?:[egx]?def|(?:re)?newcommand|providecommand|(?:future)?let)(?![a-z])/i;

/** More cells of matrices take a tenth of a second at once. */
const maxCells = 400;

/** The formula with MathML for screen readers; one that cannot be read as its source, with the reason as its title. */
export function typeset(source: string, isDisplay: boolean): HTMLElement {
  const formula = document.createElement("span");
  formula.className = (isDisplay ? styles["display"] : styles["inline"])!;
  try {
    if (definition.test(source)) throw new Error(t("Formulas that define commands are not drawn."));
    if (source.split(/&|\\\\|\\cr/).length > maxCells)
      throw new Error(t("Formulas of so many cells are not drawn."));
    // Drawn by the DOM: the page's policy refuses style attributes that come in HTML.
    render(source, formula, {
      displayMode: isDisplay,
      output: "htmlAndMathml",
      trust: refuse,
      strict: "ignore",
      errorColor: "inherit",
      maxSize: 20,
    });
  } catch (error) {
    formula.className = styles["source"]!;
    formula.textContent = isDisplay ? `$$${source}$$` : `$${source}$`;
    formula.title = error instanceof Error ? error.message : String(error);
  }
  return formula;
}

/** For links, images and HTML in a formula: its source is shown instead. */
function refuse(): never {
  throw new Error(t("Links, images and HTML in a formula are not drawn."));
}
