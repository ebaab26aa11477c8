// The API reference, drawn from the server's own OpenAPI document.

import { BASE } from "./api";
import { byId, h } from "./dom";

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  anyOf?: Schema[];
  items?: Schema;
  enum?: string[];
  properties?: Record<string, Schema>;
}

interface Operation {
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>;
}

interface Document {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

function typeOf(schema: Schema | undefined): string {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop() ?? "";
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items) || "values"}`;
  return schema.format ?? schema.type ?? "value";
}

/** Sets what stands between backticks as code. */
function prose(text: string): (HTMLElement | string)[] {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

function table(head: string[], rows: string[][]): HTMLElement {
  const cells = (tag: "th" | "td", texts: string[]): HTMLElement => h("tr", {}, ...texts.map((text) => h(tag, {}, ...prose(text))));
  return h("table", {}, h("thead", {}, cells("th", head)), h("tbody", {}, ...rows.map((row) => cells("td", row))));
}

function operation(method: string, path: string, { summary, description, parameters, responses }: Operation): HTMLElement {
  const answers = Object.entries(responses).map(([status, answer]) => {
    const [media, content] = Object.entries(answer.content ?? {})[0] ?? ["", {}];
    return [status, [media, typeOf(content.schema)].filter(Boolean).join(": "), answer.description];
  });
  const inputs = (parameters ?? []).map((one) => [one.name, typeOf(one.schema), one.description ?? ""]);
  return h(
    "section",
    {},
    h("h2", {}, h("code", {}, `${method.toUpperCase()} ${path}`)),
    h("p", {}, h("strong", {}, summary ?? "")),
    description ? h("p", {}, ...prose(description)) : null,
    inputs.length ? table(["Parameter", "Type", "Meaning"], inputs) : null,
    table(["Answer", "Body", "Meaning"], answers),
  );
}

async function draw(): Promise<void> {
  const root = byId("docs");
  const document_ = (await (await fetch(`${BASE}/openapi.json`)).json()) as Document;
  const operations = Object.entries(document_.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => operation(method, path, one)),
  );
  const schemas = Object.entries(document_.components.schemas).map(([name, schema]) =>
    h(
      "section",
      {},
      h("h2", {}, h("code", {}, name)),
      schema.description ? h("p", {}, ...prose(schema.description)) : null,
      schema.properties
        ? table(
            ["Field", "Type", "Meaning"],
            Object.entries(schema.properties).map(([field, one]) => [field, typeOf(one), one.description ?? ""]),
          )
        : h("p", {}, typeOf(schema)),
    ),
  );
  root.replaceChildren(
    h("h1", {}, `${document_.info.title} ${document_.info.version}`),
    h("p", {}, ...prose(document_.info.description ?? "")),
    ...operations,
    h("h1", {}, "Bodies"),
    ...schemas,
  );
}

void draw();
