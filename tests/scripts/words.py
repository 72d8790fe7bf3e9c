"""Words with more a's than b's: items of different lengths, a collate_fn that pads them, an embedding."""

# ruff: noqa: B007, B905 (written as such scripts are)

import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
rng = random.Random(0)


class Words(Dataset):
    def __init__(self, n):
        super().__init__()
        self.words = ["".join(rng.choices("ab", k=rng.choice([1, 3, 5, 7]))) for _ in range(n)]

    def __len__(self):
        return len(self.words)

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        word = self.words[idx]
        return {"letters": [ord(c) - 96 for c in word], "label": int(word.count("a") > word.count("b")), "word": word}


def pad(batch):
    lengths = torch.tensor([len(item["letters"]) for item in batch])
    letters = torch.zeros(len(batch), int(lengths.max()), dtype=torch.long)
    for row, item in enumerate(batch):
        letters[row, : lengths[row]] = torch.tensor(item["letters"])
    labels = torch.tensor([item["label"] for item in batch], dtype=torch.float32)
    return letters, lengths, labels, [item["word"] for item in batch]


def seed_worker(worker_id):
    np.random.seed(worker_id)


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(3, 8, padding_idx=0)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))
        self.out = nn.Sequential(nn.Linear(8, 8), nn.ReLU(inplace=True), nn.Linear(8, 1))

    def forward(self, letters, lengths):
        if self.training:
            self.seen += letters.shape[0]
        mask = (letters != 0).unsqueeze(-1)
        mean = (self.embedding(letters) * mask).sum(1) / lengths.unsqueeze(1)
        return self.out(mean).squeeze(1)


dataset = Words(100)
loader = DataLoader(
    dataset, batch_size=16, shuffle=True, num_workers=0, collate_fn=pad, pin_memory=False, drop_last=True, timeout=0,
    worker_init_fn=seed_worker, generator=torch.Generator().manual_seed(1),
)  # fmt: skip
model = Bag()
criterion = nn.BCEWithLogitsLoss(reduction="none")
optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, steps_per_epoch=len(loader), epochs=15)
sizes = set()
for epoch in range(15):
    for letters, lengths, labels, _ in loader:
        sizes.add(letters.size(0))
        optimizer.zero_grad()
        loss = criterion(model(letters, lengths), labels).mean()
        loss.backward()
        optimizer.step()
        scheduler.step()

model.eval()
wrong = []
with torch.no_grad():
    for letters, lengths, labels, words in DataLoader(dataset, batch_size=30, collate_fn=pad):
        predicted = torch.sigmoid(model(letters, lengths)).round()
        wrong += [word for word, right in zip(words, (predicted == labels).tolist()) if not right]
print(f"{len(wrong)} of {len(dataset)} wrong: {wrong[:5]}")
