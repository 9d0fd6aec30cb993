"""One file per change: ``NNNN_pre_...`` before a release uses it, ``NNNN_post_...`` after none needs the old form."""
