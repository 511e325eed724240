/** The worker of a sweep, which trains one member at a time. @module */
import { type MemberTrainer, openMemberTrainer } from "./member.ts";
import { faultOf, type Reply, type Request } from "./messages.ts";

/** The parts of a worker's global object that this file uses. */
interface WorkerScope {
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(reply: Reply): void;
}

const scope = globalThis as unknown as WorkerScope;
let trainer: MemberTrainer | undefined, controller: AbortController | undefined;

async function replyTo(request: Request): Promise<Reply | undefined> {
  switch (request.kind) {
    case "open":
      trainer = await openMemberTrainer(request.sets, request.backend, request.rows);
      return { kind: "opened", device: trainer.device };
    case "train": {
      const { signal } = controller = new AbortController();
      const onEpoch = (epoch: number) => scope.postMessage({ kind: "epoch", epoch });
      return { kind: "trained", result: await trainer!.train(request.member, { signal, onEpoch }) };
    }
    case "stop":
      controller?.abort();
      return undefined;
    case "close":
      await trainer?.close();
      return { kind: "closed" };
  }
}

scope.onmessage = async ({ data }) => {
  try {
    const reply = await replyTo(data);
    if (reply) scope.postMessage(reply);
  } catch (error) {
    scope.postMessage({ kind: "failed", fault: faultOf(error) });
  }
};
scope.postMessage({ kind: "started" });
