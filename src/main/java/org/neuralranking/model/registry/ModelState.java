package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.Locale;

import org.neuralranking.model.bundle.BundleFacts;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentFragment;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * How a content stands on one node.
 *
 * @param phase      where it is on its way
 * @param reason     why it failed, is not here, or takes long; else null
 * @param facts      what detection found, null unless ready
 * @param readyNanos time from the wish to have it until it was ready, 0 unless ready
 * @param report     what loading found out, null unless ready
 */
public record ModelState(Phase phase, String reason, BundleFacts facts, long readyNanos, LoadReport report)
    implements
        Writeable,
        ToXContentFragment {

    /** Where a content is on its way to this node. */
    public enum Phase {
        /** nobody has asked for it, as far as this node knows */
        ABSENT,
        /** being fetched, checked or opened */
        LOADING,
        /** answers */
        READY,
        /** cannot be used here; loaded again when it is registered again or the node restarts */
        FAILED,
        /** is not wanted here */
        NOT_PLACED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final ModelState ABSENT = new ModelState(Phase.ABSENT, null, null, 0, null);

    /** @param reason what it waits for, or null */
    static ModelState loading(String reason) {
        return new ModelState(Phase.LOADING, reason, null, 0, null);
    }

    static ModelState ready(BundleFacts facts, long readyNanos, LoadReport report) {
        return new ModelState(Phase.READY, null, facts, readyNanos, report);
    }

    static ModelState failed(Throwable e) {
        return new ModelState(Phase.FAILED, String.valueOf(e.getMessage()), null, 0, null);
    }

    static ModelState notPlaced(String reason) {
        return new ModelState(Phase.NOT_PLACED, reason, null, 0, null);
    }

    ModelState(StreamInput in) throws IOException {
        this(in.readEnum(Phase.class), in.readOptionalString(), in.readOptionalWriteable(BundleFacts::new), in.readVLong(), in.readOptionalWriteable(LoadReport::new));
    }

    public boolean ready() {
        return phase == Phase.READY;
    }

    /** Whether waiting may help. */
    boolean open() {
        return phase == Phase.ABSENT || phase == Phase.LOADING;
    }

    /** Whether it could not be loaded at the first try: the next ones may be long in coming. */
    public boolean held() {
        return phase == Phase.LOADING && reason != null;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeEnum(phase);
        out.writeOptionalString(reason);
        out.writeOptionalWriteable(facts);
        out.writeVLong(readyNanos);
        out.writeOptionalWriteable(report);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.field("state", phase.toString());
        if (reason != null) {
            builder.field("reason", reason);
        }
        if (ready()) {
            builder.field("ready_millis", readyNanos / 1_000_000);
            report.toXContent(builder, params);
        }
        return builder;
    }

    /** For messages. */
    @Override
    public String toString() {
        return phase + (reason == null ? "" : ": " + reason);
    }
}
