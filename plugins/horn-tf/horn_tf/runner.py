"""runner"""
class Runner:
    def __init__(self, backend, step): self.backend=backend; self.step=step
