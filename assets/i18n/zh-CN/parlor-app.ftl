### Parlor 的简体中文文本。其他语言使用相同的名称，每条文本的参数也相同。

app-name = Parlor

## 通用

back = 返回
close = 关闭
dismiss = 忽略
cancel = 取消
save = 保存
copy = 复制
copied = 已复制
files-copied = 已复制。粘贴到你想要的位置即可。
saved-copy = 副本已保存
undo = 撤销
retry = 重试
more = 更多
today = 今天
yesterday = 昨天
speed = { $size }/秒
left-seconds = 剩余 { $count } 秒
left-minutes = 剩余 { $count } 分钟
left-hours = 剩余 { $hours } 小时 { $minutes } 分钟
you = 你
unnamed = 某人

## 启动

opening = 正在打开…
broken-title = Parlor 无法启动
broken-text = Parlor 保存在这台设备上的数据无法读取。没有更改任何内容。
failed-title = 无法显示此内容
failed-text = 这是 Parlor 的错误。你的消息和文件都是安全的，正在进行的传输会继续。
failed-back = 返回房间列表

## 欢迎

welcome-title = 聊天分享，设备直连
welcome-text = 无需账号。你的文字和照片，任何服务器都看不到。
welcome-name = 你的名字
welcome-hint = 让别人知道你是谁
welcome-go = 开始
avatar-title = 别人看到的你
avatar-colour = 颜色
avatar-colour-number = 颜色 { $number }
avatar-picture = 图案
avatar-letter = 名字的首字

## 首页

home-title = 房间
new-room = 新建房间
join-room = 加入
home-empty-title = 开个房间，邀请朋友
home-empty-text = 对方扫一下码，你们的设备就直接连上了。
name-separator = 、
room-nobody = 新房间
last-nothing = 还没有人说话
last-draft = 草稿：{ $text }
last-you = 你：{ $text }
last-other = { $name }：{ $text }
photos = { $count } 张照片
files = { $count } 个文件
here-now = { $count } 人在线
unread = { $count } 条新消息
room-broken = 无法打开
choose-room-title = 接着上次继续聊
choose-room-text = 从左侧选择一个房间，或新建一个。

## 加入

join-title = 加入房间
join-text = 粘贴你收到的链接，或输入邀请码。
join-label = 链接或邀请码
join-placeholder = 4821-amber-otter-canoe
join-go = 加入
join-picture = 选择二维码图片
join-scan = 扫描二维码
join-drop = 或把图片拖到这里
join-busy = 正在请求加入…
problem-not-link = 这不是 Parlor 的邀请。请让对方重新发送链接，或输入邀请码。
problem-lost-key = 链接缺少末尾的部分，也就是 # 后面的密钥。请让对方换一个应用重新发送。
problem-damaged = 链接已损坏或不完整。请重新复制整个链接。
problem-newer = 这个链接需要新版 Parlor。请更新此应用。
problem-too-long = 内容太长了，不可能是邀请。
problem-link-server = 链接中的服务器无法使用：{ $reason }
problem-code-number = 邀请码以数字开头，例如 4821-amber-otter-canoe。
problem-code-few = 邀请码的数字后面要有三个单词。
problem-code-many = 邀请码的数字后面只能有三个单词。
problem-code-word = 邀请码里不会出现“{ $word }”这个单词。
problem-code-meant = 邀请码里不会出现“{ $word }”这个单词。是不是“{ $meant }”？
problem-code-short = “{ $word }”太短了。请输入这个单词的前四个字母。
problem-no-server = 邀请码要通过生成它的服务器使用。请在设置中填写服务器，或改用链接或二维码。
problem-server = 设置中的服务器无法使用：{ $reason }
problem-exchange = 没有成功：{ $reason }
problem-no-qr = 这张图片里没有找到二维码。
problem-picture = 无法读取这张图片：{ $reason }

## 房间

invite = 邀请
room-menu = 房间
room-empty-title = 这里静悄悄的
room-empty-text = 邀请朋友，或把照片放到这里：有人进来就会立即发送。
compose-placeholder = 消息
compose-send = 发送
compose-photos = 照片
compose-files = 文件
drop-here = 松手即可分享给房间里的所有人
show-older = 更早的消息
state-pending = 正在保存…
state-waiting = 等待有人进来
state-delivered = 已送达 { $count } 人
state-failed = 未发送：{ $reason }
banner-outside = 无法打开此房间：{ $reason }
banner-rejected = 服务器拒绝了此房间：{ $reason }。已在房间里的人仍保持连接。
banner-lost-company = 服务器已断开。你们仍保持连接，但新成员无法加入。
banner-lost-alone = 未连接到服务器。你写的内容会保留，稍后发出。
preparing = 正在读取文件… { $done } / { $total }
peer-connected = { $name }，已连接
peer-connecting = { $name }，正在连接
peer-away = { $name }，不在线
reply = 回复
reply-stop = 取消回复
reply-unknown = 此设备上没有的消息
typing-one = { $name } 正在输入…
typing-two = { $name } 和 { $other } 正在输入…
typing-many = { $count } 人正在输入…

## 文件

take = 接收
decline = 拒绝
take-after-all = 改为接收
pause = 暂停
resume = 继续
open = 打开
reveal = 在文件夹中显示
save-copy = 保存副本
share-out = 分享
offer-asked = { $name } 想发送 { $what }（{ $size }）
files-waiting = 有人接收后就会发送
files-moving = { $done } / { $total }
files-held-us = 已暂停
files-held-them = 对方已暂停
files-held-reason = 已暂停：{ $reason }
files-done = 已接收
files-incomplete = { $count } 个中有 { $failed } 个未送达
files-sent = 已发送给 { $count } 人
files-declined = 已拒绝
files-cancelled-us = 你已取消
files-cancelled-them = 对方已取消
files-over = 已失效
photo-closer = 放大
photo-whole = 缩小
photo-before = 上一张照片
photo-after = 下一张照片
photo-problem = 无法在此显示这张照片，其他应用也许可以。
file-failed = { $name }：{ $reason }
files-more = 还有 { $count } 个

## 邀请

invite-title = 邀请加入此房间
invite-scan = 用手机相机或 Parlor 扫描
invite-code = 或输入这个邀请码
invite-code-wait = 正在获取邀请码…
invite-code-none = 邀请码需要服务器，但现在连接不上。
invite-new-code = 新邀请码
invite-copy-link = 复制链接
invite-local = 供与你在同一网络中的人使用。
invite-came = { $name } 来了
invite-secret = 任何人拿到它都能进来。请只发给你想邀请的人。
qr-label = 邀请二维码

## 成员

peer-path-near = 在同一网络中，不经任何中转
peer-path-direct = 通过互联网直接连接
peer-path-relay = 通过中继连接，中继无法读取任何内容
peer-path-none = 未连接
peer-delay = 延迟 { $ms } 毫秒
peer-verify-title = 两边屏幕上的图案一样吗？
peer-verify-text = 与 { $name } 通话或当面比对。如果一致，就说明中间没有别人。
peer-match = 一致
peer-differ = 不一致
peer-verified = 已验证。这就是你们比对时的那台设备。
peer-new = 这是你第一次遇到这台设备。
peer-known = 你以前遇到过这台设备。
peer-name-taken = 注意：你认识的另一台设备名叫“{ $owner }”。
peer-forget = 忘记此设备
block = 屏蔽
unblock = 取消屏蔽
block-text = 被屏蔽的设备在任何房间都不会与你的设备连接。房间里的其他人仍会收到它的消息。
blocked = 已屏蔽 { $name }

## 房间菜单

menu-name = 房间名称
menu-name-hint = 只有你能看到
menu-forget = 退出并删除
menu-forget-text = 从此设备上删除这个房间和里面的所有聊天内容。已接收的文件会保留。
forgetting = 房间已删除
forgetting-device = 已忘记 { $name }

## 分享

share-title = 发送到…
share-what = { $count } 个文件待发送

## 传输

transfers = 传输
transfers-empty-title = 没有正在传输的内容
transfers-empty-text = 你收发的照片和文件会显示在这里。
transfers-now = { $count } 项传输进行中

## 设置

settings = 设置
settings-you = 个人
settings-name = 名字
settings-look = 外观
look-system = 跟随系统
look-light = 浅色
look-dark = 深色
settings-language = 语言
language-system = 跟随系统
settings-receiving = 接收
settings-folder = 文件保存到
settings-folder-default = 下载
settings-change = 更改
settings-accept = 自动接收
accept-nobody = 从不
accept-verified = 来自已验证的人
accept-known = 来自遇到过的人
accept-anyone = 来自房间里的任何人
settings-any-kind = 所有类型的文件
settings-any-kind-text = 关闭时仅限照片、视频和音频
settings-privacy = 隐私
settings-clean = 移除照片中的位置和相机信息
settings-clean-text = 发出的照片不会附带关于你的信息
settings-relay = 隐藏我的 IP 地址
settings-relay-text = 只通过中继连接，速度较慢
settings-notify = 通知
settings-typing = 让别人看到我正在输入
settings-blocked = 已屏蔽
settings-server = 服务器
settings-server-text = 它只负责为大家牵线，看不到任何其他内容。留空则由这台设备代劳，供与你在同一网络中的人使用。
settings-about = 关于 Parlor
settings-diagnostics = 诊断

## 诊断

diagnostics-text = 供帮你解决问题的人查看。其中不含名字、消息或密钥。
diagnostics-copy = 复制报告

## 关于

about-version = 版本 { $version }
about-text = 同一房间里的人，在设备之间直接传递文字、照片和文件。服务器只负责牵线。
about-licences = 离不开他人的成果
about-fonts = Inter 和 Noto Color Emoji，SIL Open Font License 1.1
about-icons = Lucide 图标，ISC License
about-crates = 多个 Rust 库，采用 MIT、Apache 2.0 及类似许可证

## 许可证

licences = 许可证
licences-all = 完整清单及许可证
licences-text = Parlor 建立在以下他人的成果之上，谨致谢意。点按名称即可查看相应的条款。
licences-others = 字体、图标和词语
licences-crates = 软件库
licences-source = 源代码：{ $address }

## 浮动提示

trouble-room = 无法打开房间：{ $reason }
trouble-say = 未发送：{ $reason }
trouble-prepare = 无法发送 { $name }：{ $reason }
trouble-keep = 未保存：{ $reason }
trouble-show = 无法显示：{ $reason }
trouble-save = 副本未保存：{ $reason }
trouble-share-out = 无法分享：{ $reason }
trouble-camera = 无法使用相机：{ $reason }
trouble-clipboard = 无法使用剪贴板：{ $reason }

## 用于比对的表情，按人们口头的叫法

emoji-elephant = 大象
emoji-camel = 骆驼
emoji-monkey = 猴子
emoji-whale = 鲸鱼
emoji-crab = 螃蟹
emoji-snake = 蛇
emoji-turtle = 乌龟
emoji-frog = 青蛙
emoji-owl = 猫头鹰
emoji-duck = 鸭子
emoji-penguin = 企鹅
emoji-snail = 蜗牛
emoji-spider = 蜘蛛
emoji-butterfly = 蝴蝶
emoji-sheep = 绵羊
emoji-bat = 蝙蝠
emoji-lemon = 柠檬
emoji-grapes = 葡萄
emoji-pineapple = 菠萝
emoji-cherries = 樱桃
emoji-watermelon = 西瓜
emoji-carrot = 胡萝卜
emoji-croissant = 牛角包
emoji-cheese = 奶酪
emoji-pizza = 披萨
emoji-doughnut = 甜甜圈
emoji-egg = 鸡蛋
emoji-pepper = 辣椒
emoji-popcorn = 爆米花
emoji-mushroom = 蘑菇
emoji-cactus = 仙人掌
emoji-sunflower = 向日葵
emoji-rainbow = 彩虹
emoji-snowman = 雪人
emoji-lightning = 闪电
emoji-moon = 月亮
emoji-volcano = 火山
emoji-leaf = 枫叶
emoji-balloon = 气球
emoji-key = 钥匙
emoji-bell = 铃铛
emoji-umbrella = 雨伞
emoji-anchor = 船锚
emoji-guitar = 吉他
emoji-trumpet = 小号
emoji-drum = 鼓
emoji-die = 骰子
emoji-scissors = 剪刀
emoji-hammer = 锤子
emoji-light-bulb = 灯泡
emoji-candle = 蜡烛
emoji-alarm-clock = 闹钟
emoji-camera = 相机
emoji-books = 书本
emoji-top-hat = 礼帽
emoji-crown = 皇冠
emoji-glasses = 眼镜
emoji-telescope = 望远镜
emoji-bicycle = 自行车
emoji-rocket = 火箭
emoji-train = 火车
emoji-sailboat = 帆船
emoji-helicopter = 直升机
emoji-tractor = 拖拉机

## 用来代表人的图案

emblem-dog = 狗
emblem-tiger = 老虎
emblem-lion = 狮子
emblem-bear = 熊
emblem-panda = 熊猫
emblem-koala = 考拉
emblem-pig = 猪
emblem-monkey-face = 猴脸
emblem-chicken = 鸡
emblem-chick = 小鸡
emblem-unicorn = 独角兽
emblem-cow = 牛
emblem-hamster = 仓鼠
emblem-raccoon = 浣熊
emblem-dragon = 龙
emblem-ladybird = 瓢虫
emblem-strawberry = 草莓
emblem-avocado = 牛油果
emblem-cookie = 曲奇
emblem-cupcake = 纸杯蛋糕
emblem-present = 礼物
emblem-palette = 调色盘
emblem-kite = 风筝
emblem-basketball = 篮球
