#include "simulation/turns.h"

namespace koppla::simulation {

namespace {

// As long as the pump leaves between two keepings, so that every message is kept by itself.
constexpr std::chrono::seconds between_keepings{1};

Error stuck() {
    return error(ErrorKind::invalid,
                 "the consumer didn't keep what it was sent: does the pump still keep "
                 "how far it is once a second?");
}

}  // namespace

class TurnTaking::Sink final : public BatchSink {
  public:
    Sink(BatchSink& sink, Turns& turns, SimulatedClock& clock, const Call& call)
        : sink_{sink}, turns_{turns}, clock_{clock}, call_{call} {}

    model::Batch fresh() override { return sink_.fresh(); }
    Result<void> put(model::Batch batch, const Part& resume) override {
        clock_.advance(between_keepings);
        turns_.sent();
        TRY(sink_.put(std::move(batch), resume));
        if (!turns_.wait(call_.stop)) return stuck();
        return {};
    }
    void expect(std::int64_t rows) override { sink_.expect(rows); }
    void note(std::string_view text) override { sink_.note(text); }

  private:
    BatchSink& sink_;
    Turns& turns_;
    SimulatedClock& clock_;
    const Call& call_;
};

Result<PartEnd> TurnTaking::read(const ReadRequest& request, const Part& part, BatchSink& sink,
                                 const Call& call) {
    // The end of the part before is a message too.
    if (!turns_.wait(call.stop)) return stuck();
    Sink turn_taking{sink, turns_, clock_, call};
    PartEnd end = TRY(connector_.read(request, part, turn_taking, call));
    clock_.advance(between_keepings);
    turns_.sent();
    return end;
}

}  // namespace koppla::simulation
