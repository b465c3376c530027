#include "crm/salesforce/collections.h"

#include "crm/codec/json_member.h"
#include "crm/refusal.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/codec/row_json.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/ingest_results.h"
#include "crm/salesforce/row_fault.h"
#include "crm/salesforce/tuning.h"

#include <deque>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::salesforce {

namespace {

using Outcome = WriteResult::Outcome;
using simdjson::dom::element;

constexpr std::string_view body_begin = R"({"allOrNone":false,"records":[)";
constexpr std::string_view body_end = "]}";

/// What is told of one request's rows; the texts live until `clear`.
class Told {
  public:
    void clear() {
        results_.clear();
        texts_.clear();
    }
    void add(const WriteResult& result) { results_.push_back(result); }
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
    [[nodiscard]] const std::vector<WriteResult>& results() const { return results_; }

  private:
    std::vector<WriteResult> results_;
    std::deque<std::string> texts_;
};

class Collections {
  public:
    Collections(Session& session, const WriteForm& form, WriteSink& sink, const Call& call)
        : session_{session},
          form_{form},
          sink_{sink},
          call_{call},
          attempted_{fmt::format("the {} of {}", name(form.request.operation), form.request.object->name)} {}

    Result<void> write(RowSource& rows) {
        auto data_path = session_.data_path(call_);
        // Whatever came of asking where to send to, no row has been sent.
        if (!data_path) return not_begun(data_path.error());
        path_ = *data_path + "/composite/sobjects";
        TRY(rows.rewind());
        while (true) {
            const auto next = TRY(rows.next());
            if (!next) break;
            for (std::size_t row = 0; row < next->batch.row_count(); ++row) {
                TRY(add(*next, row));
                if (numbers_.size() == static_cast<std::size_t>(tuning::collection_rows_max)) TRY(send());
            }
        }
        return send();
    }

  private:
    Result<void> add(const WriteRows& rows, std::size_t row) {
        if (const auto fault = row_fault(form_, WritePath::rows, rows.batch, row)) {
            const WriteResult refused{.row = rows.numbers[row],
                                      .outcome = Outcome::refused,
                                      .symbol = fault->symbol,
                                      .message = fault->message,
                                      .fields = fault->field};
            return sink_.settled({&refused, 1});
        }
        if (is_deletion(form_.request.operation)) {
            if (!body_.empty()) body_ += ',';
            body_ += rows.batch.cell(*form_.key, row).text();
        } else {
            body_ += body_.empty() ? body_begin : std::string_view{","};
            append_record(body_, form_, rows.batch, row);
        }
        numbers_.push_back(rows.numbers[row]);
        return {};
    }

    Result<void> send() {
        if (numbers_.empty()) return {};
        if (call_.is_over()) return call_.cancelled(attempted_);
        auto answer = asked();
        if (!answer) return error_of_write(answer.error());
        TRY(take(answer->body));
        body_.clear();
        numbers_.clear();
        return {};
    }

    Result<http::Response> asked() {
        const WriteRequest& request = form_.request;
        if (is_deletion(form_.request.operation)) {
            return session_.send_text(Ask{.method = "DELETE",
                                          .path = fmt::format("{}?ids={}&allOrNone=false", path_, body_),
                                          .attempted = attempted_},
                                      call_);
        }
        const bool is_upsert = request.operation == WriteOperation::upsert;
        body_ += body_end;
        Ask ask{.method = request.operation == WriteOperation::insert ? "POST" : "PATCH",
                .path = is_upsert ? fmt::format("{}/{}/{}", path_, request.object->name,
                                                form_.columns[*form_.key].field)
                                  : path_,
                .body = std::exchange(body_, {}),
                .attempted = attempted_};
        ask.headers.set("Sforce-Auto-Assign", request.assignment_rule.empty() ? "FALSE"
                                              : request.assignment_rule == "active"
                                                  ? "TRUE"
                                                  : request.assignment_rule);
        if (request.duplicates == Duplicates::allow)
            ask.headers.set("Sforce-Duplicate-Rule-Header", "allowSave=true");
        auto response = session_.send_text(ask, call_);
        body_ = std::move(ask.body);  // its memory serves the next request
        return response;
    }

    /// One result a row, in their order: anything else tells nothing about any of them.
    Result<void> take(const std::string& answer) {
        simdjson::dom::array results;
        if (answer.size() > tuning::collection_answer_bytes_max ||
            parser_.parse(answer).get(results) != simdjson::SUCCESS || results.size() != numbers_.size()) {
            return error(
                ErrorKind::in_doubt,
                fmt::format("{}: the answer isn't one result for each of the {} rows, so what became of "
                            "them isn't known",
                            attempted_, numbers_.size()),
                "RESULTS_DIFFER");
        }
        told_.clear();
        std::size_t at = 0;
        for (const element each : results) {
            WriteResult result{.row = numbers_[at++]};
            if (!read(each, result)) continue;
            told_.add(result);
        }
        TRY(sink_.settled(told_.results()));
        if (told_.results().size() == numbers_.size()) return {};
        return error(ErrorKind::in_doubt,
                     fmt::format("{}: {} of {} results say neither that the row was written nor why not",
                                 attempted_, numbers_.size() - told_.results().size(), numbers_.size()),
                     "RESULTS_DIFFER");
    }

    /// False where it is no result.
    bool read(const element& answer, WriteResult& result) {
        bool is_success = false;
        if (!answer.is_object() || answer["success"].get(is_success) != simdjson::SUCCESS) return false;
        const std::string id = json::text(answer, "id");
        if (is_id(id)) {
            const auto longer = long_id(id);
            result.id = told_.keep(longer ? std::string{longer->data(), longer->size()} : id);
        }
        if (is_success) {
            result.is_created =
                form_.request.operation == WriteOperation::insert || json::flag(answer, "created");
            return true;
        }
        const std::vector<element> errors = json::elements(answer, "errors");
        const std::string symbol = errors.empty() ? "" : json::text(errors.front(), "statusCode");
        if (symbol.empty()) return false;
        const std::string message = json::text(errors.front(), "message");
        result.outcome = outcome_of(form_.request.operation, symbol, message);
        result.symbol = told_.keep(shown(symbol));
        result.message = told_.keep(shown(message));
        std::string fields;
        for (const element& field : json::elements(errors.front(), "fields")) {
            std::string_view name;
            if (field.get(name) != simdjson::SUCCESS) continue;
            if (!fields.empty()) fields += ',';
            fields += name;
        }
        result.fields = told_.keep(shown(fields));
        return true;
    }

    Session& session_;
    const WriteForm& form_;
    WriteSink& sink_;
    const Call& call_;
    const std::string attempted_;
    std::string path_;
    std::string body_;                   ///< in the making; of a deletion the ids
    std::vector<std::int64_t> numbers_;  ///< of its rows
    simdjson::dom::parser parser_;
    Told told_;
};

}  // namespace

Result<void> write_collections(Session& session, const WriteForm& form, RowSource& rows, WriteSink& sink,
                               const Call& call) {
    return Collections{session, form, sink, call}.write(rows);
}

}  // namespace koppla::salesforce
