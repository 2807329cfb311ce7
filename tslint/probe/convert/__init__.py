"""Step 7: conversion with coremltools past what it cannot convert. Restores everything that it patches there."""
