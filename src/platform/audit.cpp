#include "platform/audit.h"

#include "platform/rows.h"

namespace koppla {

namespace {

Result<AuditEntry> entry_of(const db::Cursor& row) {
    const Instant at = TRY(instant_at(row, 0));
    return AuditEntry{.at = at,
                      .who = text_at(row, 1),
                      .verb = text_at(row, 2),
                      .subject = text_at(row, 3),
                      .detail = text_at(row, 4)};
}

}  // namespace

Result<void> Audit::append(const AuditEntry& entry) {
    const std::string at = format_instant(entry.at);
    TRY(transaction_.execute(
        "insert into koppla_audit (at, who, verb, subject, detail) values ($1, $2, $3, $4, $5)",
        {std::string_view{at}, std::string_view{entry.who}, std::string_view{entry.verb},
         std::string_view{entry.subject}, std::string_view{entry.detail}}));
    return {};
}

Result<std::vector<AuditEntry>> Audit::list(std::int64_t count_max) {
    return read_all(transaction_,
                    "select at, who, verb, subject, detail from koppla_audit order by id desc limit $1",
                    {count_max}, entry_of);
}

}  // namespace koppla
