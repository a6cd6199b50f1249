package org.neuralranking.rescore;

import org.neuralranking.inference.Models;
import org.neuralranking.stats.RescoreStats;

/** What a rescorer needs of its node. */
public record RescoreServices(Models models, RescoreStats stats, RescoreSettings settings) {}
