"""The job of the recipe `plain-128` in other libraries, as their users write it: Kaggle's train.csv to submission.csv.

    python -m scripts.benchmarks.jobs.NAME TRAIN.csv TEST.csv OUT.csv

784-128-10, Adam at 0.001, batches of 128, ten epochs, float32; rows are read as uint8 with pandas. The number of
threads comes in the environment. Each needs the extra `bench`.
"""
