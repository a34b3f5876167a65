"""What the demonstration says, in English and Chinese; the locale decides."""
import os

CHINESE = {
    "hjgate demonstration": "hjgate 演示",
    "act {n} of 5": "第 {n} 幕，共 5 幕",
    "preparing: a day of history goes into the store": "准备：向存储写入一天的历史数据",
    "The factory starts": "工厂开工",
    "Spray booth, drying oven, fans, carbon adsorption and RTO answer on two 9600 8N1 buses. Each value becomes a numbered sample, "
    "each 5-second window a record, each record goes to two platforms and is theirs only when they have answered 9014.":
        "喷漆房、烘房、风机、活性炭吸附和 RTO 在两条 9600 8N1 总线上应答。每个数值成为编号的采样，每 5 秒窗口成为一条记录，"
        "每条记录发往两个平台，收到 9014 应答才算送达。",
    "The county's platform is cut off": "县平台断开",
    "The link to the county is gone. Its records wait in the store. The city's platform has a process of its own and notices nothing.":
        "到县平台的链路断了，它的记录在存储中等待。市平台由另一个进程负责，毫无察觉。",
    "Power cut": "断电",
    "Every program is killed at once with SIGKILL, and started again. What had been committed is there; what had only been "
    "in a meterd's memory is lost, and counted.":
        "所有程序同时被 SIGKILL 杀死，然后重新启动。已提交的都在；只在 meterd 内存里的丢失，并且计数。",
    "The county returns": "县平台恢复",
    "Live records go first, the backlog after, one at a time, each confirmed by its own 9014, until nothing waits.":
        "实时记录优先，积压随后，一条一条，各自由 9014 确认，直到没有等待的记录。",
    "The verdict": "结论",
    "What the simulated meters say they answered is held against what the two platforms received.":
        "把模拟仪表自己记录的应答，与两个平台收到的数据逐一核对。",
    "Buses": "总线", "Values": "数值", "Records": "记录", "Platforms": "平台", "meters answer": "个仪表应答", "of": "/",
    "answers": "次应答", "errors": "个错误", "kept": "条已保存", "newest": "最新", "bytes": "字节", "commits": "次提交",
    "acknowledged": "已应答", "waiting": "待发", "time to go": "还需", "state": "状态", "platform": "平台", "since": "起始于",
    "county": "县平台", "city": "市平台", "connected": "已连接", "connecting": "连接中", "idle": "空闲", "paused": "已暂停",
    "down": "未运行", "starting": "启动中", "not running": "未运行",
    "readings of the simulated meters": "模拟仪表的读数",
    "accounted for, in exactly one record, on both platforms": "都在恰好一条记录中，且两个平台都有",
    "in a meterd's memory at the power cut, not yet durable: lost, as promised": "断电时只在 meterd 内存中、尚未落盘：按承诺丢失",
    "lost though durable": "已落盘却丢失", "differing": "不一致", "doubled": "重复",
    "MB of memory, all programs together": "MB 内存，全部程序合计",
    "the verdict holds": "结论成立", "the verdict does NOT hold": "结论不成立",
    "three commands to try next (in two terminals)": "接下来可以试的三条命令（开两个终端）",
    "The records are still there:": "记录还在：",
    "not all came through in time": "未能在时限内全部送达",
    "a simulated bus or platform did not start": "模拟总线或平台未能启动",
}


def is_chinese():
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return value.startswith("zh")
    return False


def _(text):
    return CHINESE.get(text, text) if is_chinese() else text
