"""One loop behind attention and RNNs: the science of this chapter, in modules named by concept."""
