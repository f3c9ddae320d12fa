"""Answers that point: the science of this chapter, in modules named by concept."""
