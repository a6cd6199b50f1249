package org.neuralranking.model.store;

/**
 * One version of a document of the model index, so that a later one is not deleted in its place.
 *
 * @param id          of the document
 * @param seqNo       of the write that made this version
 * @param primaryTerm of that write
 */
public record DocumentVersion(String id, long seqNo, long primaryTerm) {}
