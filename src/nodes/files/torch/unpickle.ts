import { messageOf } from "../error-text.js";
import { ByteReader, CutOffError } from "./byte-reader.js";
import { PickleDict, PickleGlobal, PickleOther, PickleTensor, describeValue } from "./pickle-value.js";
import type { PickleStorage, PickleValue } from "./pickle-value.js";
import { constantOf } from "./pickle-constant.js";
import { callGlobal, isAllowed, storageOf } from "./torch-globals.js";

/** Marks where a list of operands begins on the stack. */
const mark = Symbol("mark");
type Slot = PickleValue | typeof mark;

/**
 * Reads one pickle of protocol 0 to 5 as data, by the opcodes that plain values, dicts and tensors need (Python's pickletools lists
 * them). Names outside the list of torch-globals are refused, and no name is ever looked up, so a pickle cannot run anything.
 * Gives the value, the storages that it names and the bytes that it took. Throws an Error with the byte, a CutOffError where the bytes end too early.
 */
export function unpickle(bytes: Uint8Array): { value: PickleValue; storages: readonly PickleStorage[]; length: number } {
  const machine = new Machine(bytes);
  const value = machine.run();
  return { value, storages: machine.storages, length: machine.in.position };
}

class Machine {
  readonly in: ByteReader;
  readonly storages: PickleStorage[] = [];
  private readonly stack: Slot[] = [];
  private readonly memo = new Map<number, Slot>();

  private copied = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.in = new ByteReader(bytes);
  }

  run(): PickleValue {
    for (;;) {
      const at = this.in.position;
      try {
        const code = this.in.byte();
        if (code === 0x2e) return this.pop();
        this.step(code);
      } catch (error) {
        const message = `pickle, byte ${at}: ${messageOf(error)}`;
        throw error instanceof CutOffError ? new CutOffError(message) : new Error(message, { cause: error });
      }
    }
  }

  private step(code: number): void {
    const value = constantOf(code, this.in);
    if (value !== undefined) this.stack.push(value);
    else if (!this.collect(code) && !this.remember(code) && !this.make(code))
      throw new Error(`opcode ${name(code)} is not allowed`);
  }

  /** Opcodes that gather operands of the stack. */
  private collect(code: number): boolean {
    switch (String.fromCharCode(code)) {
      case "(":
        this.stack.push(mark);
        return true;
      case "t":
      case "l":
      case "\x91":
        this.stack.push(this.popMarked());
        return true;
      case "\x85":
        this.stack.push(this.popMany(1));
        return true;
      case "\x86":
        this.stack.push(this.popMany(2));
        return true;
      case "\x87":
        this.stack.push(this.popMany(3));
        return true;
      case "d":
        this.stack.push(this.fill(new PickleDict(), this.popMarked()));
        return true;
      case "a":
        this.append(this.popMany(1));
        return true;
      case "e":
      case "\x90":
        this.append(this.popMarked());
        return true;
      case "s": {
        const pair = this.popMany(2);
        this.fill(this.top(), pair);
        return true;
      }
      case "u": {
        const pairs = this.popMarked();
        this.fill(this.top(), pairs);
        return true;
      }
      default:
        return false;
    }
  }

  /** Opcodes of the memo and of the stack itself. */
  private remember(code: number): boolean {
    switch (String.fromCharCode(code)) {
      case "\x80":
        if (this.in.byte() > 5) throw new Error("a pickle of a newer protocol than 5");
        return true;
      case "\x95":
        this.in.u64();
        return true;
      case "p":
        this.memo.set(Number(this.in.line()), this.top());
        return true;
      case "q":
        this.memo.set(this.in.byte(), this.top());
        return true;
      case "r":
        this.memo.set(this.in.u32(), this.top());
        return true;
      case "\x94":
        this.memo.set(this.memo.size, this.top());
        return true;
      case "g":
        return this.recall(Number(this.in.line()));
      case "h":
        return this.recall(this.in.byte());
      case "j":
        return this.recall(this.in.u32());
      case "0":
        if (this.stack.pop() === undefined) throw new Error("nothing on the stack");
        return true;
      case "1":
        this.popMarked();
        return true;
      case "2":
        this.stack.push(this.top());
        return true;
      default:
        return false;
    }
  }

  /** Opcodes that name, call and fill things. */
  private make(code: number): boolean {
    switch (String.fromCharCode(code)) {
      case "c":
        this.stack.push(allowed(this.in.line(), this.in.line()));
        return true;
      case "\x93": {
        const [module, symbol] = this.popMany(2);
        if (typeof module !== "string" || typeof symbol !== "string") throw new Error("a name that is no text");
        this.stack.push(allowed(module, symbol));
        return true;
      }
      case "R":
      case "\x81": {
        const [callee, args] = this.popMany(2);
        if (!Array.isArray(args)) throw new Error(`expected a tuple of arguments, got ${describeValue(args)}`);
        const made = callGlobal(callee, args);
        if (made instanceof PickleDict) this.spend(made.entries.size);
        this.stack.push(made);
        return true;
      }
      case "b": {
        const state = this.pop();
        const target = this.top();
        // Attributes of a dict (a state dict's versions), of a parameter, and of what is passed over: none is a weight.
        if (target instanceof PickleDict || target instanceof PickleTensor || target instanceof PickleOther) return true;
        throw new Error(`${describeValue(target)} takes no state (${describeValue(state)})`);
      }
      case "P":
        throw new Error("a storage named as text, which protocol 0 does and PyTorch cannot read either; save with protocol 2");
      case "Q": {
        const storage = storageOf(this.pop());
        this.storages.push(storage);
        this.stack.push(storage);
        return true;
      }
      default:
        return false;
    }
  }

  /** Dicts made of dicts are copies; a pickle that asks for more of them than it has bytes wants to fill the memory. */
  private spend(entries: number): void {
    this.copied += entries;
    if (this.copied > 1000 + 4 * this.bytes.byteLength)
      throw new Error("its dicts are copied more often than a weights file has need for");
  }

  private top(): PickleValue {
    return value(this.stack.at(-1));
  }

  private pop(): PickleValue {
    return value(this.stack.pop());
  }

  private popMany(count: number): PickleValue[] {
    if (this.stack.length < count) throw new Error("too few operands on the stack");
    return this.stack.splice(this.stack.length - count).map(value);
  }

  private popMarked(): PickleValue[] {
    const at = this.stack.lastIndexOf(mark);
    if (at < 0) throw new Error("no mark on the stack");
    const items = this.stack.splice(at).slice(1);
    return items.map(value);
  }

  private append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw new Error(`expected a list to append to, got ${describeValue(list)}`);
    for (const item of items) list.push(item);
  }

  private fill(dict: PickleValue, pairs: readonly PickleValue[]): PickleValue {
    if (!(dict instanceof PickleDict)) throw new Error(`expected a dict to fill, got ${describeValue(dict)}`);
    if (pairs.length % 2 !== 0) throw new Error("a dict's key without a value");
    for (let i = 0; i < pairs.length; i += 2) dict.entries.set(pairs[i] ?? null, pairs[i + 1] ?? null);
    return dict;
  }

  private recall(index: number): boolean {
    const found = this.memo.get(index);
    if (found === undefined) throw new Error(`nothing was remembered as ${index}`);
    this.stack.push(found);
    return true;
  }
}

function value(slot: Slot | undefined): PickleValue {
  if (slot === undefined) throw new Error("nothing on the stack");
  if (slot === mark) throw new Error("a mark where a value is expected");
  return slot;
}

function allowed(module: string, symbol: string): PickleGlobal {
  const renamed = module === "__builtin__" ? "builtins" : module;
  const global = new PickleGlobal(renamed, symbol);
  if (isAllowed(global)) return global;
  throw new Error(
    `names ${global.path.slice(0, 120)}, which a weights file may not use; nothing of it was run. Load the file where you trust it and save only its state dict`,
  );
}

function name(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}
