"""What the grid is worth: the science of this chapter, in modules named by concept."""
