"""The models of text of bench/text-workloads.mjs in PyTorch; torch_peer.py runs them.

Layer for layer the same equations, so that both sides do the same arithmetic. Written as PyTorch does best: fused nn.LSTM and nn.GRU
over whole sequences wherever no step waits for attention, attention of all steps in one go there, no copies of the memory per beam."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def zipf(shape, kinds):
    weights = 1 / torch.arange(1, kinds + 1).float()
    return torch.multinomial(weights, shape[0] * shape[1], replacement=True).view(shape)


def training_step(model, optimizer, loss_of):
    parameters = list(model.parameters())

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        return loss.item()

    return run


class LanguageModel(nn.Module):
    def __init__(self, tokens, embedding_size, size, layers):
        super().__init__()
        self.embedding = nn.Embedding(tokens, embedding_size)
        nn.init.normal_(self.embedding.weight, 0, 0.1)
        self.rnn = nn.LSTM(embedding_size, size, layers)
        self.head = nn.Linear(size, tokens)

    def forward(self, tokens, state):
        output, state = self.rnn(self.embedding(tokens), state)
        return self.head(output), state


def language_model(tokens, embedding_size, size, batch, steps, optimizer):
    model = LanguageModel(tokens, embedding_size, size, 2)
    windows = [zipf((steps + 1, batch), tokens) for _ in range(100)]
    state, window = (torch.zeros(2, batch, size), torch.zeros(2, batch, size)), 0

    def loss_of():
        nonlocal state, window
        text = windows[window % len(windows)]
        window += 1
        logits, after = model(text[:-1], state)
        state = tuple(x.detach() for x in after)
        return F.cross_entropy(logits.view(-1, tokens), text[1:].reshape(-1))

    return training_step(model, optimizer(model.parameters()), loss_of)


TOKENS, SIZE, BATCH, STEPS, BEAM = 5000, 256, 64, 20, 5


class Translator(nn.Module):
    """Bidirectional GRU encoder; GRU decoder; score v . tanh(W q + b + U h); h~ = tanh(W_c [context; h]) goes into the head and, with
    input feeding, into the next step beside the embedded token."""

    def __init__(self, feeding):
        super().__init__()
        self.feeding = feeding
        self.source_embedding, self.embedding = nn.Embedding(TOKENS, SIZE), nn.Embedding(TOKENS, SIZE)
        self.encoder = nn.GRU(SIZE, SIZE, bidirectional=True)
        self.bridge = nn.Linear(2 * SIZE, SIZE)
        self.rnn = nn.GRU(SIZE * (2 if feeding else 1), SIZE)
        self.query, self.source = nn.Linear(SIZE, SIZE), nn.Linear(2 * SIZE, SIZE, bias=False)
        self.vector = nn.Parameter(torch.empty(SIZE).uniform_(-1 / 16, 1 / 16))
        self.combine = nn.Linear(3 * SIZE, SIZE, bias=False)
        self.head = nn.Linear(SIZE, TOKENS)

    def encode(self, sources):
        output, final = self.encoder(self.source_embedding(sources))
        values = output.transpose(0, 1).contiguous()  # [B, S, 2H]
        return values, self.source(values), torch.tanh(self.bridge(torch.cat([final[0], final[1]], 1)))

    def attend(self, states, values, keys):  # states [B, Q, H]
        scores = torch.tanh(self.query(states).unsqueeze(2) + keys.unsqueeze(1)) @ self.vector  # [B, Q, S]
        context = torch.bmm(scores.softmax(2), values)
        return torch.tanh(self.combine(torch.cat([context, states], 2)))

    def forward(self, sources, inputs):
        values, keys, h = self.encode(sources)
        embedded = self.embedding(inputs)
        if not self.feeding:
            states, _ = self.rnn(embedded, h.unsqueeze(0))
            return self.head(self.attend(states.transpose(0, 1), values, keys).transpose(0, 1))
        h, fed, hidden = h.unsqueeze(0), torch.zeros(1, BATCH, SIZE), []
        for x in embedded.unbind(0):
            state, h = self.rnn(torch.cat([x.unsqueeze(0), fed], 2), h)
            fed = self.attend(state.transpose(0, 1), values, keys).transpose(0, 1)
            hidden.append(fed)
        return self.head(torch.cat(hidden))

    @torch.inference_mode()
    def beam(self, sources):
        values, keys, h = self.encode(sources)
        h = h.repeat_interleave(BEAM, 0).unsqueeze(0)
        fed = torch.zeros(1, BATCH * BEAM, SIZE)
        scores = torch.full((BATCH, BEAM), -1e9)
        scores[:, 0] = 0
        base = (torch.arange(BATCH) * BEAM).unsqueeze(1)
        tokens, sequences = torch.ones(BATCH * BEAM, dtype=torch.long), torch.empty(BATCH * BEAM, 0, dtype=torch.long)
        for _ in range(STEPS):
            x = self.embedding(tokens).unsqueeze(0)
            state, h = self.rnn(torch.cat([x, fed], 2) if self.feeding else x, h)
            hidden = self.attend(state.view(BATCH, BEAM, SIZE), values, keys).view(BATCH * BEAM, SIZE)
            # the best BEAM of each hypothesis are enough for the best BEAM of all
            best, ranked = self.head(hidden).log_softmax(1).topk(BEAM, 1)
            scores, chosen = (scores.view(-1, 1) + best).view(BATCH, BEAM * BEAM).topk(BEAM, 1)
            parents = (base + chosen // BEAM).view(-1)
            tokens = ranked.view(BATCH, BEAM * BEAM).gather(1, chosen).view(-1)
            h, fed = h[:, parents], hidden[parents].unsqueeze(0)
            sequences = torch.cat([sequences[parents], tokens.unsqueeze(1)], 1)
        return sequences, scores


def translation_training(feeding):
    model = Translator(feeding)
    sources, targets = torch.randint(3, TOKENS, (STEPS, BATCH)), torch.randint(3, TOKENS, (STEPS + 1, BATCH))

    def loss_of():
        return F.cross_entropy(model(sources, targets[:-1]).view(-1, TOKENS), targets[1:].reshape(-1))

    return training_step(model, torch.optim.Adam(model.parameters(), lr=1e-3), loss_of)


def translation_beam(feeding):
    model, sources = Translator(feeding).eval(), torch.randint(3, TOKENS, (STEPS, BATCH))
    return lambda: model.beam(sources)


workloads = {
    "W7": lambda: language_model(65, 64, 256, 50, 50, lambda p: torch.optim.Adam(p, lr=2e-3)),
    "W8": lambda: language_model(10000, 200, 200, 20, 20, lambda p: torch.optim.SGD(p, lr=1.0)),
    "W9": lambda: translation_training(False),
    "W9FED": lambda: translation_training(True),
    "W9BEAM": lambda: translation_beam(False),
    "W9FEDBEAM": lambda: translation_beam(True),
}
