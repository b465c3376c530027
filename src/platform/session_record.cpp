#include "platform/session_record.h"

#include "platform/session_file.h"
#include "platform/session_row.h"

#include <fmt/format.h>

namespace koppla {

std::unique_ptr<SessionRecord> session_record(const Store& store, std::string_view account,
                                              std::string_view made_by) {
    if (store.place().file() != nullptr) return std::make_unique<SessionFile>(store, account, made_by);
    return std::make_unique<SessionRow>(store, account, made_by);
}

std::string session_context(std::string_view account, std::string_view made_by) {
    return fmt::format("session/{}/{}", account, made_by);
}

}  // namespace koppla
