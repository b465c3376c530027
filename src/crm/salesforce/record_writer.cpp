#include "crm/salesforce/record_writer.h"

#include "crm/salesforce/collections.h"
#include "crm/salesforce/ingest.h"
#include "crm/salesforce/write_form.h"

#include <utility>

namespace koppla::salesforce {

namespace {

class Writer final : public RecordWriter {
  public:
    Writer(Session& session, const Clock& clock, WriteForm form, WritePlan plan)
        : session_{session}, clock_{clock}, form_{std::move(form)}, plan_{std::move(plan)} {}

    [[nodiscard]] const WritePlan& plan() const override { return plan_; }

    Result<void> write(RowSource& rows, std::string_view reference, WriteSink& sink,
                       const Call& call) override {
        // What has a name is a job, even where what is left over wouldn't be worth one.
        if (plan_.path == WritePath::bulk || !reference.empty())
            return write_job(session_, clock_, form_, rows, reference, sink, call);
        return write_collections(session_, form_, rows, sink, call);
    }

  private:
    Session& session_;
    const Clock& clock_;
    const WriteForm form_;
    const WritePlan plan_;
};

}  // namespace

Result<std::unique_ptr<RecordWriter>> record_writer(Session& session, const Clock& clock,
                                                    const WriteRequest& request, std::int64_t rows) {
    WriteForm form = TRY(write_form(request));
    WritePlan plan = TRY(write_plan(form, rows));
    return std::unique_ptr<RecordWriter>{
        std::make_unique<Writer>(session, clock, std::move(form), std::move(plan))};
}

}  // namespace koppla::salesforce
