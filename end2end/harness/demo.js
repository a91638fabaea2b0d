// What the tests know of the demo company: two of its cooperatives, with one product of each.

export const argan = { login: "argan-mesti", product: "Huile d'argan culinaire de première presse" };
export const olive = { login: "zitoun-zerhoune", product: "Huile d'olive vierge de Zerhoune" };
