import {
  absDependencies,
  addDependencies,
  type ConstantNode,
  ceilDependencies,
  create,
  divideDependencies,
  expDependencies,
  type FactoryFunctionMap,
  type FunctionNode,
  floorDependencies,
  logDependencies,
  type MathNode,
  maxDependencies,
  minDependencies,
  multiplyDependencies,
  type OperatorNode,
  type ParenthesisNode,
  parseDependencies,
  powDependencies,
  roundDependencies,
  type SymbolNode,
  sqrtDependencies,
  subtractDependencies,
  unaryMinusDependencies,
  unaryPlusDependencies,
} from 'mathjs/number';
import { type Formula, FormulaError, FUNCTIONS, MAX_FORMULA_DEPTH, MAX_FORMULA_NODES } from './formula_rules.js';

/**
 * The mathjs subset that clients may use: plain numbers and the operations below. Every node of a formula's tree is
 * checked against a list of allowed kinds before anything is evaluated, which rules out assignments, other functions,
 * properties, strings and matrices.
 */
const math = create(
  {
    absDependencies,
    addDependencies,
    ceilDependencies,
    divideDependencies,
    expDependencies,
    floorDependencies,
    logDependencies,
    maxDependencies,
    minDependencies,
    multiplyDependencies,
    parseDependencies,
    powDependencies,
    roundDependencies,
    sqrtDependencies,
    subtractDependencies,
    unaryMinusDependencies,
    unaryPlusDependencies,
  } as FactoryFunctionMap,
  // By default min, floor and others treat values within 1e-12 as equal; mathjs accepts no smaller tolerances.
  { relTol: Number.MIN_VALUE, absTol: 0 },
);

const OPERATORS: readonly string[] = ['add', 'subtract', 'multiply', 'divide', 'pow', 'unaryMinus', 'unaryPlus'];

function checkConstant({ value }: ConstantNode): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new FormulaError('may hold no values but numbers');
}

function checkOperator({ fn, op, implicit }: OperatorNode): void {
  if (implicit) throw new FormulaError('leaves out an operator (in a URL, + is written as %2B)');
  if (!OPERATORS.includes(fn)) throw new FormulaError(`may not have the operator ${op}: + - * / ^ are there`);
}

function isPlaces(node: MathNode): boolean {
  const { value } = node as ConstantNode;
  return node.type === 'ConstantNode' && Number.isInteger(value) && value >= 0 && value <= 15;
}

function checkCall({ fn, args }: FunctionNode): void {
  const { name } = fn;
  // A property access or a nested call is not a SymbolNode.
  if (fn.type !== 'SymbolNode' || !Object.hasOwn(FUNCTIONS, name)) {
    throw new FormulaError(`may call no functions but ${Object.keys(FUNCTIONS).join(', ')}`);
  }
  const { least, most } = FUNCTIONS[name] as { least: number; most: number };
  if (args.length < least || args.length > most) {
    throw new FormulaError(
      `gives ${name} ${args.length} arguments: it takes ${least === most ? least : `${least} to ${most}`}`,
    );
  }
  if (name === 'round' && args[1] !== undefined && !isPlaces(args[1])) {
    throw new FormulaError('may round to 0 to 15 places, written as a number');
  }
}

/** Checks a node and returns its children. @throws FormulaError */
function checkNode(node: MathNode, names: ReadonlySet<string>, used: Set<string>): readonly MathNode[] {
  switch (node.type) {
    case 'ConstantNode':
      checkConstant(node as ConstantNode);
      return [];
    case 'ParenthesisNode':
      return [(node as ParenthesisNode).content];
    case 'SymbolNode': {
      const { name } = node as SymbolNode;
      // A column may have this name, but mathjs throws on a scope that contains it.
      if (name === 'end') throw new FormulaError('names end, which formulas do not know: call that column otherwise');
      if (!names.has(name)) throw new FormulaError(`names ${name}, which is neither count nor a column before it`);
      used.add(name);
      return [];
    }
    case 'OperatorNode':
      checkOperator(node as OperatorNode);
      return (node as OperatorNode).args;
    case 'FunctionNode':
      checkCall(node as FunctionNode);
      return (node as FunctionNode).args;
    default:
      throw new FormulaError('may hold numbers, names, + - * / ^, parentheses and functions alone');
  }
}

/** @throws FormulaError */
function checkTree(root: MathNode, names: ReadonlySet<string>): { used: readonly string[]; nodeCount: number } {
  const used = new Set<string>();
  let nodeCount = 0;
  let level: readonly MathNode[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    nodeCount += level.length;
    if (nodeCount > MAX_FORMULA_NODES) throw new FormulaError(`may have ${MAX_FORMULA_NODES} operations and values`);
    if (depth > MAX_FORMULA_DEPTH) throw new FormulaError(`may be nested ${MAX_FORMULA_DEPTH} deep`);
    level = level.flatMap((node) => checkNode(node, names, used));
  }
  return { used: [...used], nodeCount };
}

function parse(text: string): MathNode {
  try {
    return math.parse(text);
  } catch (reason) {
    throw new FormulaError(`cannot be read: ${(reason as Error).message}`);
  }
}

/** Compiles a formula over `names`. The text must be short, since parsing is recursive. @throws FormulaError */
export function compileFormula(text: string, names: ReadonlySet<string>): Formula {
  const tree = parse(text);
  const { used, nodeCount } = checkTree(tree, names);
  const code = tree.compile();
  return {
    nodeCount,
    evaluate(values) {
      const scope = new Map<string, number>();
      for (const name of used) {
        const value = values.get(name);
        if (value === undefined || value === null) return null;
        scope.set(name, value);
      }
      const result: unknown = code.evaluate(scope);
      return typeof result === 'number' && Number.isFinite(result) ? result : null;
    },
  };
}
