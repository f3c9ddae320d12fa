"""When more data hurts: the science of this chapter, in modules named by concept."""
