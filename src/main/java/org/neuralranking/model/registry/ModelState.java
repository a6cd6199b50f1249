package org.neuralranking.model.registry;

import java.io.IOException;

import org.neuralranking.model.bundle.BundleFacts;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentFragment;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * How a content stands on one node.
 *
 * @param name      {@code ready}, {@code loading}, {@code failed} or {@code absent}
 * @param reason    why it failed, else null
 * @param facts     what detection found, null unless ready
 * @param loadNanos time that loading took, 0 unless ready
 * @param report    what loading found out, null unless ready
 */
public record ModelState(String name, String reason, BundleFacts facts, long loadNanos, LoadReport report) implements Writeable, ToXContentFragment {

    static final ModelState ABSENT = new ModelState("absent", null, null, 0, null);

    static ModelState loading() {
        return new ModelState("loading", null, null, 0, null);
    }

    static ModelState ready(BundleFacts facts, long loadNanos, LoadReport report) {
        return new ModelState("ready", null, facts, loadNanos, report);
    }

    static ModelState failed(Throwable e) {
        return new ModelState("failed", String.valueOf(e.getMessage()), null, 0, null);
    }

    ModelState(StreamInput in) throws IOException {
        this(
            in.readString(),
            in.readOptionalString(),
            in.readOptionalWriteable(BundleFacts::new),
            in.readVLong(),
            in.readOptionalWriteable(LoadReport::new)
        );
    }

    public boolean ready() {
        return name.equals("ready");
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(name);
        out.writeOptionalString(reason);
        out.writeOptionalWriteable(facts);
        out.writeVLong(loadNanos);
        out.writeOptionalWriteable(report);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.field("state", name);
        if (reason != null) {
            builder.field("reason", reason);
        }
        if (ready()) {
            builder.field("load_millis", loadNanos / 1_000_000);
            report.toXContent(builder, params);
        }
        return builder;
    }
}
